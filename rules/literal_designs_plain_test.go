//go:build !(goexperiment.simd && amd64)

package rules

func vectorDesigns() []design { return nil }
