tile.kernel @"a-b"() {
  tile.role @none agents(1) each thread (%agent) {
  }
}
