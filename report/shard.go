package report

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A Shard is one of the parts into which a run is divided for several machines. What
// belongs to which part follows from its name or id alone. The zero value is all of it.
type Shard struct{ Index, Of int } // Index from 1

// maxShards is more than there are repositories, or regions, in the largest
// organization.
const maxShards = 1_000_000

// ParseShard reads "2/5", and "" as all.
func ParseShard(text string) (Shard, error) {
	if text == "" {
		return Shard{}, nil
	}
	index, of, _ := strings.Cut(text, "/")
	i, bad := strconv.Atoi(index)
	n, worse := strconv.Atoi(of)
	if errors.Join(bad, worse) != nil || i < 1 || i > n || n > maxShards {
		return Shard{}, fmt.Errorf("%q is no shard: the second of five is 2/5", text[:min(len(text), 40)])
	}
	return Shard{i, n}, nil
}

// String is what ParseShard reads.
func (s Shard) String() string {
	if s.Of == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", s.Index, s.Of)
}

// Has reports whether what has a name belongs to the shard: a file by its path, a
// repository or a region by what a run calls it.
func (s Shard) Has(name string) bool {
	if s.Of == 0 {
		return true
	}
	sum := sha256.Sum256([]byte(name))
	return s.HasHash(binary.BigEndian.Uint64(sum[:]))
}

// HasHash reports whether what has a hash, such as the first bytes of a Git object's
// id, belongs to the shard.
func (s Shard) HasHash(head uint64) bool {
	return s.Of == 0 || head%uint64(s.Of) == uint64(s.Index-1)
}

// A PartError refuses a report of one shard, or together with one, what is done with
// reports of whole runs.
type PartError struct {
	What string
	Hint string // how to mend it
}

func (e *PartError) Error() string { return e.What }

// Missing returns which shards of a division are not among those given, and an error
// where they are not shards of one division, or one of them is there twice.
func Missing(shards []Shard) (missing []Shard, err error) {
	there := map[int]bool{}
	for _, s := range shards {
		switch {
		case s.Of != shards[0].Of:
			return nil, fmt.Errorf("shards of different divisions: %v and %v", shards[0], s)
		case there[s.Index]:
			return nil, fmt.Errorf("shard %v is there twice", s)
		}
		there[s.Index] = true
	}
	for i := 1; i <= shards[0].Of; i++ {
		if !there[i] {
			missing = append(missing, Shard{i, shards[0].Of})
		}
	}
	return missing, nil
}
