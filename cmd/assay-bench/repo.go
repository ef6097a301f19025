package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// initBare makes an empty bare repository whose HEAD is the branch main.
func initBare(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	_, err := gitIn(dir, "init", "--quiet", "--bare", "--initial-branch=main", ".").run(ctx)
	return err
}

// fastImport hands Git what write writes. An error of write wins over that of
// Git, which then only saw its input end too early.
func fastImport(ctx context.Context, dir string, write func(*bufio.Writer) error) error {
	r, w := io.Pipe()
	wrote := make(chan error, 1)
	go func() {
		buf := bufio.NewWriterSize(w, 1<<20)
		err := write(buf)
		if err == nil {
			err = buf.Flush()
		}
		w.CloseWithError(err)
		wrote <- err
	}()
	c := gitIn(dir, "fast-import", "--quiet", "--date-format=raw", "--depth=50")
	c.stdin = r
	_, err := c.run(ctx)
	r.CloseWithError(io.ErrClosedPipe)
	if failed := <-wrote; failed != nil && failed != io.ErrClosedPipe {
		return failed
	}
	return err
}

// repack puts everything into one pack, with deltas searched anew.
func repack(ctx context.Context, dir string, window int) error {
	_, err := gitIn(dir, "repack", "-adfq", fmt.Sprintf("--window=%d", window), "--depth=50").run(ctx)
	return err
}

// repoFacts counts what a repository holds.
type repoFacts struct {
	Objects, Commits, Merges, Blobs int
	BlobBytes                       int64 // of distinct blobs
	Bytes                           int64 // of all distinct objects
	Packed                          int64 // bytes of the pack files
}

func readFacts(ctx context.Context, dir string) (repoFacts, error) {
	var f repoFacts
	c := gitIn(dir, "cat-file", "--batch-all-objects", "--unordered", "--buffer", "--batch-check=%(objecttype) %(objectsize)")
	r, w := io.Pipe()
	c.stdout = w
	counted := make(chan error, 1)
	go func() { counted <- f.count(r) }()
	_, err := c.run(ctx)
	w.CloseWithError(err)
	if failed := <-counted; err == nil {
		err = failed
	}
	if err != nil {
		return f, err
	}
	f.Packed, err = packedSize(dir)
	if err != nil {
		return f, err
	}
	f.Merges, err = countMerges(ctx, dir)
	return f, err
}

func (f *repoFacts) count(r io.Reader) error {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		kind, size, _ := strings.Cut(lines.Text(), " ")
		n, err := strconv.ParseInt(size, 10, 64)
		if err != nil {
			return fmt.Errorf("git cat-file: unexpected line %q", lines.Text())
		}
		f.Objects++
		f.Bytes += n
		switch kind {
		case "commit":
			f.Commits++
		case "blob":
			f.Blobs++
			f.BlobBytes += n
		}
	}
	return lines.Err()
}

func packedSize(dir string) (int64, error) {
	packs, err := filepath.Glob(filepath.Join(dir, "objects", "pack", "*.pack"))
	var sum int64
	for _, p := range packs {
		info, err := os.Stat(p)
		if err != nil {
			return 0, err
		}
		sum += info.Size()
	}
	return sum, err
}

func countMerges(ctx context.Context, dir string) (int, error) {
	out, err := gitIn(dir, "rev-list", "--all", "--merges", "--count").output(ctx)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(string(bytes.TrimSpace(out)))
}

func (f repoFacts) String() string {
	return fmt.Sprintf("%d objects of %s, %d commits (%d merges), %d blobs of %s, pack %s",
		f.Objects, size(f.Bytes), f.Commits, f.Merges, f.Blobs, size(f.BlobBytes), size(f.Packed))
}
