package main

import (
	"fmt"

	"github.com/spf13/pflag"

	"github.com/assayhq/assay/scan"
)

// A memoryFlag says how much memory a scan may take, in MiB.
type memoryFlag int64

func (f *memoryFlag) register(fs *pflag.FlagSet) {
	fs.Int64Var((*int64)(f), "max-memory", scan.DefaultMemory>>20, "take at most so many `MiB` of memory, the pages of mapped files aside")
}

// check refuses what no scan can keep to.
func (f memoryFlag) check() error {
	if f != 0 && f < scan.LeastMemory>>20 {
		return withHint(fmt.Errorf("--max-memory %d is less than a scan needs", f), "it needs %d MiB", scan.LeastMemory>>20)
	}
	return nil
}

// bytes is the default where the flag is none of a command's.
func (f memoryFlag) bytes() int64 {
	if f == 0 {
		return scan.DefaultMemory
	}
	return int64(f) << 20
}

// soft is how many bytes are filled before garbage is collected more often than the
// heap doubles: softLimit of the default.
func (f memoryFlag) soft() int64 {
	return (f.bytes() >> 20) * (softLimit >> 20) / (scan.DefaultMemory >> 20) << 20
}
