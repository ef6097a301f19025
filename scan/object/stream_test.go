package object

import (
	"bytes"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
)

// What is too large to be held is read piece by piece, loose and packed, and compared
// with its id.
func TestStream(t *testing.T) {
	r := newRepo(t)
	content := bytes.Repeat([]byte("line of a large file\n"), 100_000)
	id := parse(t, r.run(bytes.NewReader(content), "hash-object", "-w", "--stdin"))
	for _, where := range []string{"loose", "packed"} {
		if where == "packed" {
			r.run(strings.NewReader(id.String()+"\n"), "pack-objects", "-q", filepath.Join(r.dir, "objects/pack/pack"))
			r.run(nil, "prune-packed", "-q")
		}
		s := r.open(Options{})
		s.LimitMemory(1 << 20)
		if _, _, err := s.Read(id); !errors.Is(err, ErrLimit) {
			t.Errorf("%s: read whole: %v", where, err)
		}
		kind, stream, err := s.Stream(id)
		if err != nil {
			t.Fatal(where, err)
		}
		got, err := io.ReadAll(stream)
		if err != nil || kind != Blob || !bytes.Equal(got, content) {
			t.Errorf("%s: %v of %d bytes, %v", where, kind, len(got), err)
		}
		if err := stream.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A stream that is not what its id says ends with an error, whatever byte is wrong.
func TestStreamDamaged(t *testing.T) {
	r := newRepo(t)
	id := parse(t, r.run(strings.NewReader(strings.Repeat("line of a large file\n", 100)), "hash-object", "-w", "--stdin"))
	other := parse(t, r.run(strings.NewReader("something else"), "hash-object", "-w", "--stdin"))
	path := loosePath(filepath.Join(r.dir, "objects"), id)
	sound := readAll(t, path)
	forms := [][]byte{sound[:len(sound)/2], nil, readAll(t, loosePath(filepath.Join(r.dir, "objects"), other))}
	for i := range sound {
		flipped := bytes.Clone(sound)
		flipped[i] ^= 0x55
		forms = append(forms, flipped)
	}
	s := r.open(Options{})
	for i, data := range forms {
		replace(t, path, data)
		_, stream, err := s.Stream(id)
		if err == nil {
			_, err = io.Copy(io.Discard, stream)
			stream.Close()
		}
		if err == nil {
			t.Errorf("form %d: no error", i)
		}
	}
}

func parse(t *testing.T, text []byte) ID {
	t.Helper()
	id, err := ParseID(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return id
}
