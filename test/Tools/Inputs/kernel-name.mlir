tile.kernel @"a-b"() {
  tile.role @none agents(1) warps(1) (%agent) {
  }
}
