package main

import (
	"fmt"
	"math"
	"time"

	"github.com/spf13/pflag"

	"github.com/assayhq/assay/scan/archive"
)

// archiveFlags bound what is done for one archive or other container.
type archiveFlags struct {
	depth   int
	size    int64 // MiB
	ratio   int64
	members int
	timeout time.Duration
}

func (f *archiveFlags) register(fs *pflag.FlagSet) {
	d := archive.Defaults()
	fs.IntVar(&f.depth, "max-archive-depth", d.Depth, "look into archives in archives up to this `depth`; 0 looks into none")
	fs.Int64Var(&f.size, "max-archive-size", d.Bytes>>20, "unpack up to so many `MiB` of one file")
	fs.Int64Var(&f.ratio, "max-archive-ratio", d.Ratio, fmt.Sprintf("unpack up to so many `times` the size of a file, beyond the first %d MiB", archive.Grace>>20))
	fs.IntVar(&f.members, "max-archive-members", d.Members, "examine up to this `number` of members of one file")
	fs.DurationVar(&f.timeout, "archive-timeout", d.Time, "unpack one file for up to so much `time`")
}

// check refuses limits that mean nothing.
func (f *archiveFlags) check() error {
	for _, limit := range []struct {
		flag  string
		value int64
		least int64
	}{
		{"max-archive-depth", int64(f.depth), 0}, {"max-archive-size", f.size, 1}, {"max-archive-ratio", f.ratio, 1},
		{"max-archive-members", int64(f.members), 1}, {"archive-timeout", int64(f.timeout), 1},
	} {
		if limit.value < limit.least {
			return withHint(fmt.Errorf("--%s is less than %d", limit.flag, limit.least), "--max-archive-depth 0 looks into no archive")
		}
	}
	return nil
}

func (f *archiveFlags) limits() *archive.Limits {
	return &archive.Limits{
		Depth: f.depth, Bytes: min(f.size, math.MaxInt64>>20) << 20, Ratio: f.ratio, Members: f.members, Time: f.timeout,
	}
}

// memberExcluder returns the test for members that are left out, nil if none is.
func memberExcluder(f *scanFlags) func(path string) bool {
	if len(f.exclude) == 0 {
		return nil
	}
	excluded := excludes(f.exclude)
	return func(path string) bool { return excluded(path, false) }
}
