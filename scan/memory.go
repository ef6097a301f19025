package scan

import (
	"errors"
	"io"

	"github.com/assayhq/assay/scan/archive"
	"github.com/assayhq/assay/scan/object"
)

// DefaultMemory is how many bytes of memory a scan may take where nothing else is
// said, the pages of mapped files aside.
const DefaultMemory = 512 << 20

// LeastMemory is what a scan needs at least: the rules, and one worker.
const LeastMemory = 96 << 20

// Shares of the memory that a scan may take: what is needed to look into containers,
// in as many rooms as there may be containers at once.
const (
	roomsShare   = 8
	roomsOf      = 3 // of roomsShare
	workerMemory = 16 << 20
	base         = 64 << 20 // what all workers share
	secondRoom   = 256 << 20
)

// memory returns how many bytes of memory the run may take.
func (o Options) memory() int64 {
	if o.Memory <= 0 {
		return DefaultMemory
	}
	return max(o.Memory, LeastMemory)
}

// workers bounds the number of workers by the memory that each of them takes.
func (o Options) workers(wanted int) int {
	return max(1, min(wanted, int((o.memory()-base)/workerMemory)))
}

// rooms returns how many containers may hold memory at once, and how much each.
func (o Options) rooms() (archive.Room, int64) {
	n := 1
	if o.memory() >= secondRoom {
		n = 2
	}
	return archive.NewRoom(n), o.memory() * roomsOf / roomsShare / int64(n)
}

// places returns how many places may be held.
func (o Options) places() int { return share(maxPlaces, o.memory()) }

// stays returns how many stays in the history may be held.
func (r *Repository) stays() int {
	if r.memory == 0 {
		return maxStays
	}
	return share(maxStays, r.memory)
}

// share is most, or less where less memory may be taken than by default.
func share(most, memory int64) int {
	return int(min(most, most*((memory-base)>>20)/((DefaultMemory-base)>>20)))
}

// LimitMemory bounds what reading the repository may take, as Options.Memory bounds a
// run. It is called before the repository is read, and holds for its Modules too.
func (r *Repository) LimitMemory(bytes int64) {
	r.memory = max(bytes, LeastMemory)
	r.store.LimitMemory(r.memory)
}

// large yields a blob that was too large to be held, which err says, piece by piece.
// read is false where it cannot be read so.
func (r *Repository) large(err error, id object.ID, b Blob, yield func(Blob, error) bool) (read, more bool) {
	if !errors.Is(err, object.ErrLimit) || id.IsZero() {
		return false, true
	}
	kind, content, err := r.store.Stream(id)
	if err != nil || kind != object.Blob {
		return false, true
	}
	defer content.Close()
	b.ID, b.Type, b.Rest = id, kind, io.Reader(content)
	return true, yield(b, nil)
}

// largeUnwanted reports whether an error is about an object that was too large for its
// type to be found out, and that is of no type that is wanted.
func (r *Repository) largeUnwanted(err error, want func(object.Type) bool) bool {
	var d *object.DamageError
	if !errors.Is(err, object.ErrLimit) || !errors.As(err, &d) {
		return false
	}
	kind, content, err := r.store.Stream(d.ID)
	if err != nil {
		return false
	}
	content.Close()
	return !want(kind)
}

// errTooLarge says what may be done about an object that would not fit.
var errTooLarge = errors.New("it is stored as changes to another object, and both would take more memory than is granted (--max-memory)")
