package report

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"strings"
)

// The order of a merged report follows from what it holds alone, so that it does not
// matter how the work was shared out or in which order the parts come. It is that of
// a scan as far as findings tell: what stands in files first, file by file, then what
// history alone holds, by the time when it came. An audit goes region by region.

// Where a place comes among those of its finding.
const (
	rankFile    = iota // in a file of the working tree or of a folder, or an AWS resource
	rankMessage        // in a commit, a tag, a tree
	rankApart          // in a file beside both, such as .git/config
	rankPath           // under a path that only history has
	rankLoose          // in a blob that no commit is known to have
)

func rankOf(l *Location) byte {
	switch {
	case l.InWorktree || l.Resource != nil:
		return rankFile
	case l.Object == "":
		return rankApart
	case l.isObject() && l.Type == "blob":
		return rankLoose
	case l.isObject():
		return rankMessage
	}
	return rankPath
}

// placeKey is what places are sorted by: the less place has the less key.
func placeKey(l *Location) string {
	key := []byte{rankOf(l)}
	switch key[0] {
	case rankMessage:
		key = appendTime(key, l.Introduced)
		key = appendText(key, l.Object)
	case rankLoose:
		key = appendText(appendText(key, l.Path), l.Object)
	case rankPath:
		key = appendText(key, l.Path)
	default:
		key = appendPath(key, l.Path)
	}
	key = appendText(key, l.Inner)
	return string(appendPosition(key, l.Region))
}

// findingKey is what findings are sorted by: the least that one of its places gives,
// so that the key of a finding in parts is the least of its parts' keys. n is the
// number of the finding in its report, which counts for audits alone: the checks of a
// region keep their order.
func findingKey(f *Finding, n int) string {
	least := []byte{2}
	for i := range f.Occurrences {
		if key := keyAt(f, &f.Occurrences[i], n); bytes.Compare(key, least) < 0 {
			least = key
		}
	}
	return string(append(least, f.Fingerprint...))
}

func keyAt(f *Finding, l *Location, n int) []byte {
	if r := l.Resource; r != nil {
		key := appendText(appendText([]byte{0}, r.Account), r.Region)
		return appendText(appendText(binary.BigEndian.AppendUint64(key, uint64(n)), r.ARN), f.RuleID)
	}
	if rankOf(l) == rankFile {
		return append([]byte{0}, placeKey(l)...)
	}
	return appendPosition(appendText(appendTime([]byte{1}, l.Introduced), l.Path), l.Region)
}

func appendText(key []byte, text string) []byte { return append(append(key, text...), 0) }

// appendPath orders paths as a walk does: what is below a folder comes where its
// name does.
func appendPath(key []byte, path string) []byte {
	from := len(key)
	key = append(key, path...)
	for i := from; i < len(key); i++ {
		if key[i] == '/' {
			key[i] = 1
		}
	}
	return append(key, 0)
}

func appendPosition(key []byte, r Region) []byte {
	for _, n := range [...]int{r.StartLine, r.StartColumn, r.EndLine, r.EndColumn} {
		key = binary.BigEndian.AppendUint32(key, uint32(max(n, 0)))
	}
	return key
}

// appendTime puts what has no time last.
func appendTime(key []byte, c *Commit) []byte {
	at := int64(math.MaxInt64)
	if c != nil && !c.Date.IsZero() {
		at = c.Date.Unix()
	}
	return binary.BigEndian.AppendUint64(key, uint64(at)^(1<<63))
}

// sortPlaces puts places in order and drops those that are there already.
func sortPlaces(places []Location) []Location {
	if inOrder(places) {
		return places
	}
	type keyed struct {
		key string
		at  *Location
	}
	list := make([]keyed, len(places))
	for i := range places {
		list[i] = keyed{placeKey(&places[i]), &places[i]}
	}
	compare := func(a, b keyed) int {
		if order := strings.Compare(a.key, b.key); order != 0 {
			return order
		}
		return strings.Compare(recordText(newLocationRecord(*a.at)), recordText(newLocationRecord(*b.at)))
	}
	slices.SortFunc(list, compare)
	list = slices.CompactFunc(list, func(a, b keyed) bool { return compare(a, b) == 0 })
	sorted := make([]Location, len(list))
	for i := range list {
		sorted[i] = *list[i].at
	}
	return sorted
}

// inOrder reports whether each place has a greater key than the one before it.
func inOrder(places []Location) bool {
	last := ""
	for i := range places {
		key := placeKey(&places[i])
		if key <= last {
			return false
		}
		last = key
	}
	return true
}

// recordText tells values apart.
func recordText(v any) string {
	text, err := marshal(v)
	if err != nil {
		return "" // of no record of ours
	}
	return string(text)
}
