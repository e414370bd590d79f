//go:build !purego && !noasm

package ops

import "resnet/internal/isa"

//go:generate go -C _asm run . -out ..

// fastConvs lists the kernels that generated tiles make, of those that compute alike the faster first.
var fastConvs = []*ConvKernel{
	newLinear("linear-avx512", isa.AVX512, linearDot1AVX512, linearDot4AVX512),
	newLinear("linear-avx2", isa.AVX2, linearDot1AVX2, linearDot4AVX2),
	newStemWinograd("winogradstem-avx512", winogradStemAVX512),
	newStemWinograd("winogradstem-avx2", winogradStemAVX2),
	newStem("stem-avx512", &tilesAVX512),
	newStem("stem-avx2", &tilesAVX2),
	newGroupedRows("grouped4-avx512", &groupRows4AVX512),
	newGroupedRows("grouped8-avx512", &groupRows8AVX512),
	newGrouped("grouped4-avx2", &groupTiles4AVX2),
	newGrouped("grouped8-avx2", &groupTiles8AVX2),
	newDirect("direct-avx512", &tilesAVX512),
	newDirect("direct-avx2", &tilesAVX2),
	newWinograd("winograd4-avx512", winogradF4AVX512),
	newWinograd("winograd2-avx512", winogradF2AVX512),
	newWinogradRows("winograd1x2-avx512", winogradF2AVX512),
	newWinograd("winograd4-avx2", winogradF4AVX2),
	newWinograd("winograd2-avx2", winogradF2AVX2),
}

// fastGradients lists the kernels of gradients of weights, the faster first.
var fastGradients = []*GradientKernel{
	newBlockedGradient("gradient-avx512", isa.AVX512, weightTiles{weightTile4AVX512, weightTile16AVX512, lanes}),
	newBlockedGradient("gradient-avx2", isa.AVX2, weightTiles{weightTile4AVX2, weightTile4AVX2, 4}),
}

// fastProducts lists the products of rows, the faster first.
var fastProducts = []*Products{
	{"products-avx512", isa.AVX512, linearDot1AVX512, linearDot4AVX512},
	{"products-avx2", isa.AVX2, linearDot1AVX2, linearDot4AVX2},
}

var tilesAVX2 = tileSet{
	level: isa.AVX2, pixels: 6, widths: []int{1}, perTap: lanes, chunk: 128 << 10, whole: 256, reduce: 256,
	tiles: [5][]tileFunc{
		1: {convTile1x16AVX2, convTile2x16AVX2, convTile3x16AVX2, convTile4x16AVX2, convTile5x16AVX2, convTile6x16AVX2},
	},
	stem: [5][]stemFunc{
		1: {stemTile1x16AVX2, stemTile2x16AVX2, stemTile3x16AVX2, stemTile4x16AVX2, stemTile5x16AVX2, stemTile6x16AVX2},
	},
}

var tilesAVX512 = tileSet{
	level: isa.AVX512, pixels: 7, widths: []int{4, 2, 1}, perTap: lanes, chunk: 256 << 10, whole: 256, reduce: 128,
	tiles: [5][]tileFunc{
		1: {convTile1x16AVX512, convTile2x16AVX512, convTile3x16AVX512, convTile4x16AVX512, convTile5x16AVX512, convTile6x16AVX512, convTile7x16AVX512},
		2: {convTile1x32AVX512, convTile2x32AVX512, convTile3x32AVX512, convTile4x32AVX512, convTile5x32AVX512, convTile6x32AVX512, convTile7x32AVX512},
		4: {convTile1x64AVX512, convTile2x64AVX512, convTile3x64AVX512, convTile4x64AVX512, convTile5x64AVX512, convTile6x64AVX512, convTile7x64AVX512},
	},
	stem: [5][]stemFunc{
		1: {stemTile1x16AVX512, stemTile2x16AVX512, stemTile3x16AVX512, stemTile4x16AVX512, stemTile5x16AVX512, stemTile6x16AVX512, stemTile7x16AVX512},
		2: {stemTile1x32AVX512, stemTile2x32AVX512, stemTile3x32AVX512, stemTile4x32AVX512, stemTile5x32AVX512, stemTile6x32AVX512, stemTile7x32AVX512},
		4: {stemTile1x64AVX512, stemTile2x64AVX512, stemTile3x64AVX512, stemTile4x64AVX512, stemTile5x64AVX512, stemTile6x64AVX512, stemTile7x64AVX512},
	},
}

var groupTiles4AVX2 = tileSet{
	level: isa.AVX2, pixels: 6, widths: []int{1}, perTap: 4, crossed: true, chunk: 128 << 10, whole: 256, reduce: 256,
	tiles: [5][]tileFunc{1: {groupTile4x1AVX2, groupTile4x2AVX2, groupTile4x3AVX2, groupTile4x4AVX2, groupTile4x5AVX2, groupTile4x6AVX2}},
}

var groupTiles8AVX2 = tileSet{
	level: isa.AVX2, pixels: 6, widths: []int{1}, perTap: 8, chunk: 128 << 10, whole: 256, reduce: 256,
	tiles: [5][]tileFunc{1: {groupTile8x1AVX2, groupTile8x2AVX2, groupTile8x3AVX2, groupTile8x4AVX2, groupTile8x5AVX2, groupTile8x6AVX2}},
}

var groupRows4AVX512 = groupRowSet{&tileSet{level: isa.AVX512, perTap: 4, crossed: true}, []groupRowFunc{
	groupRow4x1AVX512, groupRow4x2AVX512, groupRow4x3AVX512, groupRow4x4AVX512, groupRow4x5AVX512, groupRow4x6AVX512, groupRow4x7AVX512,
	groupRow4x8AVX512, groupRow4x9AVX512, groupRow4x10AVX512, groupRow4x11AVX512, groupRow4x12AVX512, groupRow4x13AVX512, groupRow4x14AVX512,
}}

var groupRows8AVX512 = groupRowSet{&tileSet{level: isa.AVX512, perTap: 8, crossed: true}, []groupRowFunc{
	groupRow8x1AVX512, groupRow8x2AVX512, groupRow8x3AVX512, groupRow8x4AVX512, groupRow8x5AVX512, groupRow8x6AVX512, groupRow8x7AVX512,
	groupRow8x8AVX512, groupRow8x9AVX512, groupRow8x10AVX512, groupRow8x11AVX512, groupRow8x12AVX512, groupRow8x13AVX512, groupRow8x14AVX512,
}}

var (
	winogradF4AVX2 = winograd{&tilesAVX2, 4, 6,
		winogradWeights4AVX2, lateWeights{}, winogradInput4AVX2, winogradOutputColumns4AVX2, winogradOutputRows4AVX2}
	winogradF2AVX2 = winograd{&tilesAVX2, 2, 4,
		winogradWeights2AVX2, lateWeights{}, winogradInput2AVX2, winogradOutputColumns2AVX2, winogradOutputRows2AVX2}
	winogradF4AVX512 = winograd{&tilesAVX512, 4, 6,
		winogradWeights4AVX2, lateWeights{winogradLateWeights4AVX512, 4 << 20}, winogradInput4AVX512, winogradOutputColumns4AVX512, winogradOutputRows4AVX512}
	winogradF2AVX512 = winograd{&tilesAVX512, 2, 4,
		winogradWeights2AVX2, lateWeights{}, winogradInput2AVX512, winogradOutputColumns2AVX512, winogradOutputRows2AVX512}
	winogradStemAVX2   = stemWinograd{&tilesAVX2, winogradInput44AVX2, winogradInput4AVX2, winogradOutput44AVX2}
	winogradStemAVX512 = stemWinograd{&tilesAVX512, winogradInput44AVX512, winogradInput4AVX512, winogradOutput44AVX512}
)
