package scan

import (
	"bytes"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/assayhq/assay/scan/archive"
	"github.com/assayhq/assay/scan/object"
)

// What Git stores is met outside a store, too: bundles and packs that were saved or
// sent, and single objects.

// A storedKind is one of these.
type storedKind uint8

const (
	storedNot    storedKind = iota
	storedPack              // a pack, as in a store
	storedBundle            // lines of refs, an empty line, and a pack
	storedObject            // a loose object
)

const (
	packMagic   = "PACK\x00\x00\x00"
	bundleMagic = " git bundle\n"
	// maxStored bounds a bundle or pack outside a store, which is held in memory, and
	// each object in it.
	maxStored = 64 << 20
)

// sniffStored tells by its first bytes what of Git a content is.
func sniffStored(head []byte) storedKind {
	if len(head) < 32 {
		return storedNot
	}
	switch head[0] {
	case 'P':
		if string(head[:len(packMagic)]) == packMagic && (head[7] == 2 || head[7] == 3) {
			return storedPack
		}
	case '#':
		if s := string(head[:4+len(bundleMagic)]); s == "# v2"+bundleMagic || s == "# v3"+bundleMagic {
			return storedBundle
		}
	case 0x78:
		if (uint(head[0])<<8|uint(head[1]))%31 == 0 && isLoose(head) {
			return storedObject
		}
	}
	return storedNot
}

// isLoose reports whether what is packed begins as a loose object does.
func isLoose(head []byte) bool {
	z, err := zlib.NewReader(bytes.NewReader(head))
	if err != nil {
		return false
	}
	begin := make([]byte, 5)
	n, _ := io.ReadFull(z, begin) // cut off, as head may be
	for _, kind := range []string{"blob ", "tree ", "commit ", "tag "} {
		if n == len(begin) && strings.HasPrefix(kind, string(begin)) || strings.HasPrefix(string(begin[:n]), kind) {
			return true
		}
	}
	return false
}

// String names it.
func (c contained) String() string {
	switch c.stored {
	case storedNot:
		return c.kind.String()
	case storedObject:
		return "Git object"
	}
	return "Git pack"
}

// stored examines what of Git lies at path, so deep.
func (in *interior) stored(ctx context.Context, kind storedKind, r *io.SectionReader, path string, depth int) {
	if kind == storedObject {
		in.walk(ctx, archive.Zlib, archive.Content{At: r, Size: r.Size()}, path, depth)
		return
	}
	if r.Size() > maxStored {
		in.gap(path, fmt.Errorf("a pack of Git of more than %d MiB outside a store was not examined; git clone or git index-pack makes a store of it", maxStored>>20))
		return
	}
	if err := in.meter.Hold(r.Size()); err != nil {
		in.gap(path, err)
		return
	}
	defer in.meter.Release(r.Size())
	data := make([]byte, r.Size())
	if _, err := io.ReadFull(r, data); err != nil {
		in.gap(path, plain(err))
		return
	}
	hashSize := 20
	if kind == storedBundle {
		head, rest, found := bytes.Cut(data, []byte("\n\n"))
		if !found {
			in.gap(path, errors.New("damaged: a bundle without a pack"))
			return
		}
		if data = rest; bytes.Contains(head, []byte("\n@object-format=sha256")) {
			hashSize = 32
		}
	}
	in.pack(ctx, data, hashSize, path, depth)
}

// pack examines the objects of a pack.
func (in *interior) pack(ctx context.Context, data []byte, hashSize int, path string, depth int) {
	store, err := object.OpenPack(data, object.Options{HashSize: hashSize, MaxSize: maxStored, MaxUnit: 16 * maxStored})
	if err != nil {
		in.gap(path, err)
		return
	}
	defer store.Close() // nothing was written
	units := store.Units()
	for _, p := range store.Problems() {
		in.gap(path, cause(p.Err))
	}
	reader := store.NewReader()
	for _, u := range units {
		for o, err := range reader.Objects(u, func(object.Type) bool { return true }) {
			if ctx.Err() != nil || in.ended {
				return
			}
			if err != nil {
				in.gap(path, cause(err))
			}
			if err != nil && !errors.Is(err, object.ErrMismatch) {
				continue
			}
			name := o.Type.String() + " " + o.ID.String()
			in.member(ctx, archive.Zip, archive.Member{Name: name, Reader: bytes.NewReader(o.Data)}, path, joined(path, name), depth)
		}
	}
}
