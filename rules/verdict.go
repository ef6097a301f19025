package rules

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"sort"
	"strings"

	"github.com/assayhq/assay/report"
)

// Revision is raised with every change of this package after which the same rules
// find something else in the same bytes, or judge it otherwise. What was kept of
// an earlier revision is of no use then.
const Revision = 8

// Digest identifies the rules of the set with all that decides about a match or
// is said of it. Two sets with the same digest and Revision find the same.
func (s *Set) Digest() [sha256.Size]byte {
	h := sha256.New()
	enc := json.NewEncoder(h)
	for i := range s.rules {
		r := *s.rules[i].Rule
		r.Origin, r.Examples, r.NonExamples = "", nil, nil // decide nothing
		if err := enc.Encode(r); err != nil {
			panic(err) // a Rule holds nothing that JSON cannot say
		}
	}
	if err := enc.Encode(s.allow); err != nil {
		panic(err) // nor does an Allow
	}
	if s.model != nil && s.model() != nil {
		io.WriteString(h, s.model().text)
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// errVerdict says that bytes are no verdict of this set.
var errVerdict = errors.New("not a verdict of these rules")

// AppendVerdict appends what a match says, without its offsets, so that
// ReadVerdict of a Set with the same Digest returns it. The credential is not in
// it. A half has no verdict of its own.
func (s *Set) AppendVerdict(dst []byte, m Match) []byte {
	dst = appendText(dst, m.Rule.ID)
	dst = appendText(dst, m.Doubt)
	dst = appendText(dst, m.Beside.Title)
	typed := byte(0)
	if m.typed {
		typed = 1
	}
	dst = append(dst, byte(m.Confidence), typed, byte(m.form), byte(m.class), byte(m.kind))
	for _, k := range m.coats {
		dst = append(dst, byte(k))
	}
	dst = binary.AppendUvarint(dst, m.allows.everywhere)
	return binary.AppendUvarint(dst, m.allows.somewhere)
}

// ReadVerdict reads what AppendVerdict wrote at the beginning of b and returns
// what follows. It fails for what no rule of the set can have said.
func (s *Set) ReadVerdict(b []byte) (m Match, rest []byte, err error) {
	id, b, ok := cutText(b)
	if !ok {
		return m, nil, errVerdict
	}
	if m.Doubt, b, ok = cutText(b); !ok {
		return m, nil, errVerdict
	}
	if m.Beside.Title, b, ok = cutText(b); !ok || len(b) < 5+maxCoats {
		return m, nil, errVerdict
	}
	i, ok := sort.Find(len(s.rules), func(i int) int { return strings.Compare(id, s.rules[i].ID) })
	m.Confidence, m.typed, m.form, m.class, m.kind = report.Confidence(b[0]), b[1] == 1, form(b[2]), nameClass(b[3]), valueKind(b[4])
	if !ok || b[1] > 1 || m.Confidence > report.ConfidenceHigh || m.form > formLiteral || m.class > namePassword || m.kind >= valueKinds {
		return m, nil, errVerdict
	}
	for k := range m.coats {
		if m.coats[k] = coat(b[5+k]); m.coats[k] >= coats {
			return m, nil, errVerdict
		}
	}
	m.Rule, m.specificity = s.rules[i].Rule, s.rules[i].specificity
	b = b[5+maxCoats:]
	for _, bits := range [...]*uint64{&m.allows.everywhere, &m.allows.somewhere} {
		n := 0
		if *bits, n = binary.Uvarint(b); n <= 0 || *bits>>len(s.rules[i].allowLists) != 0 {
			return m, nil, errVerdict
		}
		b = b[n:]
	}
	return m, b, nil
}

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

func cutText(b []byte) (s string, rest []byte, ok bool) {
	n, k := binary.Uvarint(b)
	if k <= 0 || n > uint64(len(b)-k) {
		return "", nil, false
	}
	return string(b[k : k+int(n)]), b[k+int(n):], true
}
