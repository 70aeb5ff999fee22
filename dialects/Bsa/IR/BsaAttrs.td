// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Attributes of the `bsa` dialect.

#ifndef BSA_ATTRS_TD
#define BSA_ATTRS_TD

include "Bsa/IR/BsaDialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"

def Bsa_Forced : I32EnumAttr<"Forced", "how forced blocks count against k", [
    I32EnumAttrCase<"Within", 0, "within">,
    I32EnumAttrCase<"Beside", 1, "beside">]> {
  let cppNamespace = "::tessera::bsa";
  let genSpecializedAttr = 0;
}

def Bsa_TextPlace : I32EnumAttr<"TextPlace", "where text tokens stand", [
    I32EnumAttrCase<"Prefix", 0, "prefix">,
    I32EnumAttrCase<"Suffix", 1, "suffix">]> {
  let cppNamespace = "::tessera::bsa";
  let genSpecializedAttr = 0;
}

def Bsa_TextPlaceAttr : EnumAttr<Bsa_Dialect, Bsa_TextPlace, "text_place"> {
  let summary = "Where text tokens stand beside those of a video";
  let description = [{
    Before them (`prefix`) or after them (`suffix`); ops write the bare word.

    Example: `#bsa<text_place prefix>`
  }];
}

class Bsa_Attr<string name, string attrMnemonic>
    : AttrDef<Bsa_Dialect, name> {
  let mnemonic = attrMnemonic;
}

def Bsa_SelectAttr : Bsa_Attr<"Select", "select"> {
  let summary = "Which key blocks a query block keeps";
  let description = [{
    `capacity` is the static length of a list. `sink = s` forces the key blocks
    `j < s`; `local = w` forces those with `|i - j| < w` in block order (0: none,
    1: the query block's own). `forced = within` lets forced blocks take places
    of the k best; `forced = beside` adds the k best of the rest to them.

    Example: `#bsa.select<capacity = 128, local = 1>`
  }];
  let parameters = (ins
    AttrParameter<"int64_t", "places in a list">:$capacity,
    DefaultValuedParameter<"int64_t", "0", "first key blocks, forced">:$sink,
    DefaultValuedParameter<"int64_t", "0", "reach of forced neighbours">:$local,
    DefaultValuedParameter<
        "::tessera::bsa::Forced", "::tessera::bsa::Forced::Within",
        "whether forced blocks are among the k or beside them">:$forced);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// The most blocks that can be forced: sink + max(0, 2 local - 1).
    int64_t getMaxForced() const {
      return getSink() + (getLocal() > 0 ? 2 * getLocal() - 1 : 0);
    }
    /// The largest k that always fits the capacity.
    int64_t getMaxTopk() const {
      return getForced() == Forced::Within ? getCapacity()
                                           : getCapacity() - getMaxForced();
    }
  }];
}

def Bsa_CubeAttr : Bsa_Attr<"Cube", "cube"> {
  let summary = "Extent of a block of video tokens in time, height and width";
  let description = [{
    Cubes are numbered t, h, w with w fastest, and so are the tokens inside one;
    the valid tokens of a cube at the edge of the grid come first.

    Example: `#bsa.cube<4x4x4>`
  }];
  let parameters = (ins
    AttrParameter<"int64_t", "tokens in time">:$time,
    AttrParameter<"int64_t", "tokens in height">:$height,
    AttrParameter<"int64_t", "tokens in width">:$width);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Tokens in a full cube: the block size of a partitioned sequence.
    int64_t getVolume() const { return getTime() * getHeight() * getWidth(); }
  }];
}

#endif // BSA_ATTRS_TD
