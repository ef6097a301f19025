package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// A fetched is a module version on disk, as `go mod download -json` tells it.
type fetched struct {
	Path, Version string
	Dir           string // its files
	Zip           string // the archive that they came from
	Error         string // why it could not be had
}

// fetch has the Go command bring versions of a module into the module cache
// named, through the module proxy that is configured for it.
func fetch(ctx context.Context, cache, path string, versions ...string) ([]fetched, error) {
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return nil, err
	}
	args := []string{"go", "mod", "download", "-json"}
	for _, v := range versions {
		args = append(args, path+"@"+v)
	}
	out, failed := command{args: args, dir: cache, env: goEnv("GOMODCACHE=" + cache)}.output(ctx)
	mods, err := parseFetched(out)
	if err == nil {
		err = failed
	}
	if err == nil && len(mods) != len(versions) {
		err = fmt.Errorf("go mod download: %d modules instead of %d", len(mods), len(versions))
	}
	return mods, err
}

// parseFetched reads the objects that the Go command writes one after another.
func parseFetched(out []byte) ([]fetched, error) {
	var mods []fetched
	d := json.NewDecoder(bytes.NewReader(out))
	for {
		var m fetched
		err := d.Decode(&m)
		if errors.Is(err, io.EOF) {
			return mods, nil
		}
		if err != nil {
			return nil, fmt.Errorf("go mod download: %w", err)
		}
		if m.Error != "" {
			return nil, fmt.Errorf("go mod download %s@%s: %s", m.Path, m.Version, m.Error)
		}
		mods = append(mods, m)
	}
}
