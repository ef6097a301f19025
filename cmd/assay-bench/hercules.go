package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// One more repository that others made: a Go project as it was fetched from its
// host in 2018, with the branches of pull requests. The module ships it for its
// tests in a siva archive, which holds each file as it is.
const (
	herculesModule  = "gopkg.in/src-d/hercules.v10"
	herculesVersion = "v10.7.2"
	herculesFile    = "cmd/hercules/test_data/hercules.siva"
)

// buildHercules takes the pack out of the archive.
func buildHercules(ctx context.Context, b *bench, dir string) error {
	mods, err := fetch(ctx, filepath.Join(b.cache, "mod"), herculesModule, herculesVersion)
	if err != nil {
		return err
	}
	archive, err := os.ReadFile(filepath.Join(mods[0].Dir, filepath.FromSlash(herculesFile)))
	if err != nil {
		return err
	}
	if err := initBare(ctx, dir); err != nil {
		return err
	}
	if err := importPack(ctx, dir, archive); err != nil {
		return fmt.Errorf("%s: %w", herculesFile, err)
	}
	return nameTips(ctx, dir)
}

// importPack stores the first pack that stands in data. Git finds its end.
func importPack(ctx context.Context, dir string, data []byte) error {
	start := bytes.Index(data, []byte("PACK\x00\x00\x00\x02"))
	if start < 0 {
		return fmt.Errorf("no pack of version 2 in %d bytes", len(data))
	}
	c := gitIn(dir, "index-pack", "--stdin")
	c.stdin = bytes.NewReader(data[start:])
	_, err := c.run(ctx)
	return err
}
