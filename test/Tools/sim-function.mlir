// A function is compiled, and carried out as its record says: extents are those
// of the tensors, grid and order of tiles follow from the device.
// RUN: tessera-sim %s --sms 2 --dim Sq=128 --dim Skv=192 --interleavings 2 | FileCheck %s
// RUN: tessera-sim %s --sms 2 --dim Sq=128 --dim Skv=192 --l2-bytes 200000 | FileCheck %s --check-prefix=TICKET
// RUN: tessera-sim %s --sms 2 --dim Sq=128 --dim Skv=192 --plan order=static --trace text | FileCheck %s --check-prefix=STATIC

// CHECK: launch   attend_attend_wave, 2 CTAs, cooperative
// CHECK-NEXT: nothing to report, seeds 0 .. 1
// TICKET: launch   attend_attend_ticket, 2 CTAs{{$}}
// STATIC: launch   attend_attend_static, 2 CTAs{{$}}
// STATIC: nothing to report
// STATIC: CTA 1

// Flags that describe an attention do, too.
// RUN: tessera-sim --op attend --head-dim 64 --topk 4 --name f --dim H=1 --dim Sq=64 --dim Skv=128 | FileCheck %s --check-prefix=FLAGS
// FLAGS: launch   f_attend_{{wave|ticket}}, 1 CTA

// What does not fit is said in one line.
// RUN: not tessera-sim %s --set topk=1 2>&1 | FileCheck %s --check-prefix=SCALAR
// RUN: not tessera-sim %s --input q=q.npy 2>&1 | FileCheck %s --check-prefix=INPUT
// RUN: not tessera-sim %s --output o=o.npy 2>&1 | FileCheck %s --check-prefix=OUTPUT
// RUN: not tessera-sim %s --function g 2>&1 | FileCheck %s --check-prefix=FUNCTION
// RUN: not tessera-sim %s --shape output=1x2x3x4 2>&1 | FileCheck %s --check-prefix=SHAPE
// RUN: not tessera-sim %s --workspace-bytes 16 2>&1 | FileCheck %s --check-prefix=WORKSPACE
// RUN: not tessera-sim %s --plan order=none 2>&1 | FileCheck %s --check-prefix=PLAN
// RUN: not tessera-sim %s --op attend 2>&1 | FileCheck %s --check-prefix=BOTH
// RUN: not tessera-sim %s --sms 0 2>&1 | FileCheck %s --check-prefix=SMS
// SCALAR: tessera-sim: there is no scalar 'topk'; there is factor
// INPUT: tessera-sim: there is no argument 'q'; there are query, key, value, index, count
// OUTPUT: tessera-sim: there is no result 'o'; there is output
// FUNCTION: tessera-sim: --function: there is no 'g': attend
// SHAPE: tessera-sim: --shape: is for a tile.kernel alone; a function says it itself
// WORKSPACE: tessera-sim: attend: the workspace is 16 bytes; pass 512 bytes at least
// PLAN: tessera-sim: {{.*}}none
// BOTH: says what to compile already; drop it, or the flags that describe an attention
// SMS: tessera-sim: --sms wants 1 or more

func.func @attend(
    %query: tensor<?x?x?x128xbf16> {bsa.name = "query"},
    %key: tensor<?x?x?x128xbf16> {bsa.name = "key"},
    %value: tensor<?x?x?x128xbf16> {bsa.name = "value"},
    %index: tensor<?x?x?x4xi32> {bsa.name = "index"},
    %count: tensor<?x?x?xi32> {bsa.name = "count"}, %factor: f32 {bsa.name = "factor"})
    -> (tensor<?x?x?x128xbf16> {bsa.name = "output"}) {
  %map = bsa.map_from_lists %index, %count
      : tensor<?x?x?x4xi32>, tensor<?x?x?xi32> -> !bsa.block_map<64x64, capacity = 4>
  %output = bsa.attend query(%query : tensor<?x?x?x128xbf16>)
      key(%key : tensor<?x?x?x128xbf16>) value(%value : tensor<?x?x?x128xbf16>)
      at(%map : !bsa.block_map<64x64, capacity = 4>) scale(%factor) -> tensor<?x?x?x128xbf16>
  return %output : tensor<?x?x?x128xbf16>
}
