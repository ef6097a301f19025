// Package object reads Git object stores: packs, loose objects and alternates,
// SHA-1 and SHA-256, and beside them the small files that say where history
// begins (refs, reflogs, shallow).
//
// It is made for one job: to visit every object of a store exactly once, at
// less cost than Git itself needs, whatever the bytes are. So it differs from
// a general Git library in four ways.
//
//   - A store is partitioned into [Unit]s of whole delta families. A [Reader]
//     walks a family depth-first, so that every base is rebuilt once and held
//     while its descendants are visited. Each [Object] says which parts of it
//     are copies, so that what is known of a base need not be found again.
//   - Nothing that a file claims is believed: sizes, offsets and counts are
//     compared with the bytes that are there before memory is spent on them.
//     Damage costs the object that it hits and those that are built on it, and
//     each of them is reported as a [DamageError].
//   - Whatever lies in a store is read, named or not: packs without an index,
//     what interrupted writes left, quarantines. What is kept where this
//     package cannot look (partial clones, stores on other hosts, unknown
//     formats) is a [Problem].
//   - The package only reads. It starts no program, follows no symbolic link
//     below the object directory, and opens regular files only.
//
// Random access by id is there too ([Store.Read]), for attribution.
package object

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"strconv"
)

// Errors that callers tell apart with errors.Is.
var (
	// ErrNotFound: the store holds no object of that id.
	ErrNotFound = errors.New("object not found")
	// ErrMismatch: the content was read but does not hash to the id under
	// which the store keeps it. The content is handed over all the same.
	ErrMismatch = errors.New("content does not match the object id")
	// ErrCycle: a delta is, over other deltas, built on itself.
	ErrCycle = errors.New("delta cycle")
	// ErrLimit: the object would need more than a limit of Options allows.
	ErrLimit = errors.New("limit reached")
	// ErrDamaged: bytes that are not what the format demands.
	ErrDamaged = errors.New("damaged")
)

// damagedf returns an ErrDamaged that says what is wrong.
func damagedf(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrDamaged, fmt.Sprintf(format, args...))
}

// A Problem is a part of the repository that could not be read.
type Problem struct {
	Subject string // file or directory, as it was opened
	Err     error
}

// A DamageError says which object could not be read, and where it lies.
type DamageError struct {
	ID     ID     // zero where the id could not be learned
	Pack   string // file name of the pack, or path of the loose object
	Offset int64  // of the entry in the pack, in bytes; 0 for a loose object
	Err    error
}

func (e *DamageError) Error() string {
	name := "object"
	if !e.ID.IsZero() {
		name = e.ID.String()
	}
	return fmt.Sprintf("%s at offset %d of %s: %v", name, e.Offset, e.Pack, e.Err)
}

func (e *DamageError) Unwrap() error { return e.Err }

// Type is the kind of an object, in Git's own numbers.
type Type uint8

// The four kinds of objects.
const (
	Commit Type = 1
	Tree   Type = 2
	Blob   Type = 3
	Tag    Type = 4
)

// String returns the word that Git writes into object headers.
func (t Type) String() string {
	switch t {
	case Commit:
		return "commit"
	case Tree:
		return "tree"
	case Blob:
		return "blob"
	case Tag:
		return "tag"
	}
	return "type " + strconv.Itoa(int(t))
}

// parseType is the inverse of String; 0 means no type.
func parseType(word []byte) Type {
	switch string(word) {
	case "commit":
		return Commit
	case "tree":
		return Tree
	case "blob":
		return Blob
	case "tag":
		return Tag
	}
	return 0
}

// An ID names an object: a SHA-1 (20 bytes) or a SHA-256 (32 bytes). IDs can
// be compared with == and used as map keys.
type ID struct {
	hash [sha256.Size]byte
	size uint8
}

// idFrom copies the first size bytes of b, which must hold as many.
func idFrom(b []byte, size int) (id ID) {
	id.set(b, size)
	return id
}

// set is idFrom into an id that is zero or was set to one of the same size.
// Loads and stores of a known length, which a SHA-1 takes, are faster than a
// copy of any length, and those of one id do not wait for those of another.
func (id *ID) set(b []byte, size int) {
	id.size = uint8(size)
	if size != sha1.Size {
		copy(id.hash[:size], b)
		return
	}
	_ = b[sha1.Size-1]
	binary.NativeEndian.PutUint64(id.hash[0:], binary.NativeEndian.Uint64(b[0:]))
	binary.NativeEndian.PutUint64(id.hash[8:], binary.NativeEndian.Uint64(b[8:]))
	binary.NativeEndian.PutUint32(id.hash[16:], binary.NativeEndian.Uint32(b[16:]))
}

// ParseID reads 40 or 64 hexadecimal digits.
func ParseID(s string) (ID, error) {
	size := len(s) / 2
	if len(s)%2 != 0 || !validHashSize(size) {
		return ID{}, fmt.Errorf("object id of %d characters: want 40 or 64", len(s))
	}
	id := ID{size: uint8(size)}
	if _, err := hex.Decode(id.hash[:], []byte(s)); err != nil {
		return ID{}, fmt.Errorf("object id: %w", err)
	}
	return id, nil
}

func validHashSize(n int) bool { return n == sha1.Size || n == sha256.Size }

// String returns lower-case hexadecimal digits.
func (id ID) String() string { return hex.EncodeToString(id.hash[:id.size]) }

// Bytes returns a copy of the 20 or 32 bytes.
func (id ID) Bytes() []byte { return append([]byte(nil), id.hash[:id.size]...) }

// Head returns the first 16 bytes of the id as two numbers that order as ids do.
func (id ID) Head() (hi, lo uint64) {
	return binary.BigEndian.Uint64(id.hash[:]), binary.BigEndian.Uint64(id.hash[8:])
}

// Size returns how many bytes the id has: 20, 32, or 0 for the zero value.
func (id ID) Size() int { return int(id.size) }

// Compare orders ids by their bytes.
func (id ID) Compare(other ID) int {
	return bytes.Compare(id.hash[:id.size], other.hash[:other.size])
}

// IsZero reports whether id is the zero value or the all-zero id by which Git
// says "no object".
func (id ID) IsZero() bool { return id.hash == [sha256.Size]byte{} }

// Hash returns the SHA-1 id of an object.
func Hash(t Type, data []byte) ID { return hashWith(sha1.New(), t, data) }

// HashSHA256 returns the SHA-256 id of an object.
func HashSHA256(t Type, data []byte) ID { return hashWith(sha256.New(), t, data) }

// hashWith names an object with h, which must be in its initial state.
func hashWith(h hash.Hash, t Type, data []byte) ID {
	var buf [sha256.Size]byte
	head := append(buf[:0], t.String()...)
	head = append(head, ' ')
	head = strconv.AppendInt(head, int64(len(data)), 10)
	h.Write(append(head, 0))
	h.Write(data)
	id := ID{size: uint8(h.Size())}
	h.Sum(id.hash[:0])
	return id
}

// newHash returns the hash function that gives ids of size bytes.
func newHash(size int) hash.Hash {
	if size == sha256.Size {
		return sha256.New()
	}
	return sha1.New()
}
