package main

import (
	"archive/zip"
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The built history holds published versions of one module, each one a commit
// on the one before: real content and real changes, few commits with much in
// each. The client library of Google's services has long generated sources and
// API descriptions full of words such as key and token. Only the paths from
// historyFrom on are taken, a sixth of the tree: whole, the history would hold
// 15 GB and take hours to measure.
const (
	historyModule   = "google.golang.org/api"
	historyFrom     = "s"
	historyBatch    = 4          // versions fetched at once
	historyWindow   = 10         // objects that are tried as a base of a delta; most are near
	historyStart    = 1514764800 // 2018-01-01, in seconds
	historyInterval = 86400 * 14 // seconds from commit to commit
	historyIdent    = "Assay Bench <bench@example.com>"
)

// historyMinors are the minor numbers N of the versions v0.N.0 that are used:
// those of the years 2019 to 2024 that module proxies keep.
const historyMinors = `
4 5 6 7 8 9 10 13 14 15 17 18 19 20 22 24 25 26 28 29 30 31 32 35 36 37 40 41 43 44 45 46 47 48 50
51 52 54 55 56 57 58 59 60 61 62 63 64 65 66 67 68 69 70 71 74 75 77 78 80 81 84 85 86 90 91 93 95
96 97 98 99 100 101 102 103 104 105 106 107 108 109 110 111 112 113 114 115 116 117 118 119 120 121
122 123 124 125 126 127 128 129 130 131 132 133 134 135 136 137 138 139 140 141 142 143 144 145 146
147 148 149 150 151 152 153 154 155 157 160 162 164 166 167 168 169 170 171 172 174 175 177 178 180
181 182 183 184 186 187 188 189 190 191 193`

func historyVersions() []string {
	var versions []string
	for _, n := range strings.Fields(historyMinors) {
		versions = append(versions, "v0."+n+".0")
	}
	return versions
}

// buildHistory makes the repository dir out of the published versions. A few
// are fetched while those before are imported, and removed after.
func buildHistory(ctx context.Context, b *bench, dir string) error {
	if err := initBare(ctx, dir); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	batches := b.fetchAhead(ctx, historyVersions(), dir+".mod")
	defer func() {
		cancel()
		for range batches {
		}
		os.RemoveAll(dir + ".mod")
	}()
	err := fastImport(ctx, dir, func(w *bufio.Writer) error {
		h := &history{w: w, marks: map[zipKey]int{}}
		for batch := range batches {
			if batch.err != nil {
				return batch.err
			}
			b.say("versions: %s to %s", batch.mods[0].Version, batch.mods[len(batch.mods)-1].Version)
			for _, m := range batch.mods {
				if err := h.commit(m); err != nil {
					return err
				}
			}
			if err := os.RemoveAll(batch.cache); err != nil {
				return err
			}
		}
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	b.say("versions: repacking, this takes some minutes")
	return repack(ctx, dir, historyWindow)
}

// A batch is some versions, fetched.
type batch struct {
	mods  []fetched
	cache string
	err   error
}

// fetchAhead fetches the versions in order, at most one batch ahead of the reader.
func (b *bench) fetchAhead(ctx context.Context, versions []string, under string) <-chan batch {
	out := make(chan batch)
	go func() {
		defer close(out)
		for v := range slices.Chunk(versions, historyBatch) {
			cache := filepath.Join(under, v[0])
			mods, err := fetch(ctx, cache, historyModule, v...)
			select {
			case out <- batch{mods, cache, err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return out
}

// A zipKey stands for the content of a file. The same path with the same size
// and the same CRC-32 in two versions is taken for the same content, which
// saves inflating what did not change.
type zipKey struct {
	name string
	size uint64
	crc  uint32
}

// A history writes a fast-import stream.
type history struct {
	w     *bufio.Writer
	marks map[zipKey]int // of blobs
	mark  int            // the last one given
	when  int64          // seconds since historyStart
	last  int            // the mark of the last commit
	files map[string]int // what it holds: path to the mark of the blob
}

// commit writes a version onto the one before, and a tag.
func (h *history) commit(m fetched) error {
	files, err := h.blobs(m)
	if err != nil {
		return fmt.Errorf("%s %s: %w", m.Path, m.Version, err)
	}
	h.mark++
	h.when += historyInterval
	message := "Release " + m.Version + "\n"
	fmt.Fprintf(h.w, "commit refs/heads/main\nmark :%d\ncommitter %s %d +0000\ndata %d\n%s",
		h.mark, historyIdent, historyStart+h.when, len(message), message)
	if h.last != 0 {
		fmt.Fprintf(h.w, "from :%d\n", h.last)
	}
	h.changes(h.files, files)
	h.last, h.files = h.mark, files
	_, err = fmt.Fprintf(h.w, "\nreset refs/tags/%s\nfrom :%d\n\n", m.Version, h.mark)
	return err
}

// blobs writes the files that no version before had and returns what m holds.
func (h *history) blobs(m fetched) (map[string]int, error) {
	r, err := zip.OpenReader(m.Zip)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	files := map[string]int{}
	for _, f := range r.File {
		_, name, _ := strings.Cut(f.Name, "@"+m.Version+"/")
		if name < historyFrom {
			continue
		}
		key := zipKey{name, f.UncompressedSize64, f.CRC32}
		if h.marks[key] == 0 {
			if err := h.blob(f); err != nil {
				return nil, fmt.Errorf("%s: %w", f.Name, err)
			}
			h.marks[key] = h.mark
		}
		files[name] = h.marks[key]
	}
	return files, nil
}

func (h *history) blob(f *zip.File) error {
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	h.mark++
	fmt.Fprintf(h.w, "blob\nmark :%d\ndata %d\n", h.mark, f.UncompressedSize64)
	if _, err := io.Copy(h.w, r); err != nil {
		return err
	}
	return h.w.WriteByte('\n')
}

// changes writes what differs between two trees, sorted by path.
func (h *history) changes(before, after map[string]int) {
	var lines []string
	for name := range before {
		if after[name] == 0 {
			lines = append(lines, name+"\x00D "+name+"\n")
		}
	}
	for name, mark := range after {
		if before[name] != mark {
			lines = append(lines, fmt.Sprintf("%s\x00M 100644 :%d %s\n", name, mark, name))
		}
	}
	slices.Sort(lines)
	for _, line := range lines {
		_, change, _ := strings.Cut(line, "\x00")
		h.w.WriteString(change)
	}
}
