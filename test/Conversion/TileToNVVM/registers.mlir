// What each register of a tensor holds, and how threads of an agent agree.
//
// RUN: tessera-opt %s --split-input-file --convert-tile-to-nvvm --canonicalize --cse | FileCheck %s

#acc = #tile.layout<accumulator>
#row = #tile.layout<row>

// Lane l of warp w has columns 2 (l % 4) and one more of every eight.
// CHECK-LABEL: func.func @columns
// CHECK-DAG:     %[[C2:.*]] = arith.constant 2 : i32
// CHECK-DAG:     %[[C3:.*]] = arith.constant 3 : i32
// CHECK-DAG:     %[[C8:.*]] = arith.constant 8 : i32
// CHECK-DAG:     %[[C9:.*]] = arith.constant 9 : i32
// CHECK:         %[[QUAD:.*]] = arith.andi %{{.*}}, %[[C3]] : i32
// CHECK:         %[[FIRST:.*]] = arith.{{muli|shli}} %[[QUAD]]
// CHECK:         arith.addi %[[FIRST]], %[[C8]] : i32
// CHECK:         arith.addi %[[FIRST]], %[[C9]] : i32
// Whether any thread of the warpgroup has such a row.
// CHECK:         %[[MINE:.*]] = arith.ori %{{.*}}, %{{.*}} : i1
// CHECK:         {{bar.red.or|barrier}}
tile.kernel @columns(%limit: i32, %out: memref<?xi32>) {
  %c0 = arith.constant 0 : index
  tile.role @work agents(1) each warpgroup (%agent) {
    %zero = arith.constant dense<0.0> : tensor<64x16xf32, #acc>
    %one = arith.constant dense<1.0> : tensor<64x16xf32, #acc>
    %column = tile.columns : tensor<64x16xi32, #acc>
    %ends = tile.splat %limit : tensor<64x16xi32, #acc>
    %below = arith.cmpi slt, %column, %ends : tensor<64x16xi32, #acc>
    %kept = arith.select %below, %one, %zero : tensor<64x16xi1, #acc>, tensor<64x16xf32, #acc>
    %sum = tile.row_reduce add %kept : tensor<64x16xf32, #acc>
    %none = arith.constant dense<0.0> : tensor<64xf32, #row>
    %some = arith.cmpf ogt, %sum, %none : tensor<64xf32, #row>
    %any = tile.any %some : tensor<64xi1, #row>
    %number = arith.extui %any : i1 to i32
    memref.store %number, %out[%c0] : memref<?xi32>
  }
}

// -----

#acc = #tile.layout<accumulator>
#row = #tile.layout<row>

// Registers 0, 1, 4, 5 are of the first row, 2, 3, 6, 7 of the one eight below:
// those are added up first, then what the four threads of a row have.
// CHECK-LABEL: func.func @reduce
// CHECK:         %[[TWO:.*]] = arith.addf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT:    %[[THREE:.*]] = arith.addf %[[TWO]], %{{.*}} : f32
// CHECK-NEXT:    %[[FOUR:.*]] = arith.addf %[[THREE]], %{{.*}} : f32
// CHECK-NEXT:    %[[OTHER:[0-9]+]] = {{.*}}shfl{{.*}} %[[FOUR]]
// CHECK-NEXT:    %[[EIGHT:.*]] = arith.addf %[[FOUR]], %[[OTHER]] : f32
// CHECK-NEXT:    %[[OTHERS:[0-9]+]] = {{.*}}shfl{{.*}} %[[EIGHT]]
// CHECK-NEXT:    %[[ALL:.*]] = arith.addf %[[EIGHT]], %[[OTHERS]] : f32
// CHECK:         llvm.store %[[ALL]]
tile.kernel @reduce(%out: memref<?xf32>, %limit: index) {
  %c0 = arith.constant 0 : index
  tile.role @work agents(1) each warpgroup (%agent) {
    %column = tile.columns : tensor<64x16xi32, #acc>
    %x = arith.sitofp %column : tensor<64x16xi32, #acc> to tensor<64x16xf32, #acc>
    %sum = tile.row_reduce add %x : tensor<64x16xf32, #acc>
    tile.store_rows %sum, %out[%c0] limit(%limit) : tensor<64xf32, #row>, memref<?xf32>
  }
}

// -----

#acc = #tile.layout<accumulator>
#row = #tile.layout<row>

// Nothing is exchanged while columns are folded, nor while rows are expanded.
// CHECK-LABEL: func.func @fold
// CHECK:         %[[A:.*]] = arith.sitofp
// CHECK-NEXT:    %[[B:.*]] = arith.sitofp
// CHECK-NEXT:    %[[A8:.*]] = arith.sitofp
// CHECK-NEXT:    %[[B8:.*]] = arith.sitofp
// CHECK-NEXT:    %[[FA:.*]] = arith.maxnumf %[[A]], %[[A8]] : f32
// CHECK-NEXT:    %[[FB:.*]] = arith.maxnumf %[[B]], %[[B8]] : f32
// CHECK-NEXT:    %[[F:.*]] = arith.maxnumf %[[FA]], %[[FB]] : f32
// CHECK-NEXT:    {{.*}}shfl{{.*}} %[[F]]
// CHECK-NEXT:    arith.maxnumf
// CHECK-NEXT:    {{.*}}shfl
// CHECK-NEXT:    %[[MOST:[0-9]+]] = arith.maxnumf
// CHECK:         arith.addf %[[MOST]], %[[MOST]] : f32
tile.kernel @fold(%out: memref<?xf32>, %limit: index) {
  %c0 = arith.constant 0 : index
  tile.role @work agents(1) each warpgroup (%agent) {
    %column = tile.columns : tensor<64x16xi32, #acc>
    %x = arith.sitofp %column : tensor<64x16xi32, #acc> to tensor<64x16xf32, #acc>
    %folded = tile.fold max %x : tensor<64x16xf32, #acc>
    %most = tile.row_reduce max %folded : tensor<64x8xf32, #acc>
    %mosts = tile.expand_rows %most : tensor<64x8xf32, #acc>
    %all = tile.row_reduce add %mosts : tensor<64x8xf32, #acc>
    tile.store_rows %all, %out[%c0] limit(%limit) : tensor<64xf32, #row>, memref<?xf32>
  }
}

// -----

// Constants of 16 bits lie two to a register: 1.0 is 0x3f80 as bf16.
// CHECK-LABEL: func.func @halves
// CHECK:         arith.constant 1065369472 : i32
#acc = #tile.layout<accumulator>
!staging = !tile.staging<64x64xbf16, swizzle = 128>
!map = !tile.map<64x64xbf16, swizzle = 128, box = 16x64>
tile.kernel @halves(%o: !map) {
  %c0 = arith.constant 0 : index
  %staging = tile.make_staging : !staging
  tile.role @store agents(1) each warpgroup (%agent) {
    %ones = arith.constant dense<1.0> : tensor<64x64xf32, #acc>
    %halves = arith.truncf %ones : tensor<64x64xf32, #acc> to tensor<64x64xbf16, #acc>
    tile.store_async %halves through %staging[%agent] to %o[%c0, %c0, %c0] : tensor<64x64xbf16, #acc>, !staging, !map
    tile.store_wait
  }
}

// -----

// One thread stores what all load later, so they meet before and after; nobody
// loads from the other memory.
// CHECK-LABEL: func.func @store_then_load
// CHECK:         nvvm.barrier
// CHECK:         {{bar.sync \$|nvvm.barrier id}}
// CHECK-NEXT:    scf.if
// CHECK-NEXT:      llvm.store
// CHECK-NEXT:    }
// CHECK-NEXT:    {{bar.sync \$|nvvm.barrier id}}
// CHECK:         llvm.load
// CHECK-NOT:     barrier
// CHECK:         llvm.store
// CHECK-NOT:     barrier
// CHECK:         return
tile.kernel @store_then_load(%m: memref<?xi32>, %other: memref<?xi32>, %v: i32) {
  %c0 = arith.constant 0 : index
  tile.role @work agents(1) each warpgroup (%agent) {
    memref.store %v, %m[%c0] : memref<?xi32>
    %x = memref.load %m[%c0] : memref<?xi32>
    memref.store %x, %other[%c0] : memref<?xi32>
  }
}

// -----

// CHECK-LABEL: func.func @one_warp
// CHECK:         bar.warp.sync
// CHECK:         llvm.store
// CHECK:         bar.warp.sync
// CHECK:         llvm.load
tile.kernel @one_warp(%m: memref<?xi32>, %other: memref<?xi32>, %v: i32) {
  %c0 = arith.constant 0 : index
  tile.role @work agents(1) each warp (%agent) {
    memref.store %v, %m[%c0] : memref<?xi32>
    %x = memref.load %m[%c0] : memref<?xi32>
    memref.store %x, %other[%c0] : memref<?xi32>
  }
}
