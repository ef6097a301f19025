package fakeaws

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

// encoder builds an answer. It writes JSON by hand because a run over
// 100,000 secrets spends most of this side's time here. Absent values (empty
// texts, zero times, nil pointers) leave their member out, as the services
// do.
type encoder struct {
	buf []byte
	raw map[string]string // members of the object being written that are given as raw JSON
}

// comma separates members and elements: whatever follows neither an opening
// bracket nor a member's name.
func (e *encoder) comma() {
	if n := len(e.buf); n > 0 && e.buf[n-1] != '{' && e.buf[n-1] != '[' && e.buf[n-1] != ':' {
		e.buf = append(e.buf, ',')
	}
}

// key starts a member. It returns false when raw JSON takes its place.
func (e *encoder) key(name string) bool {
	if e.raw != nil {
		if _, replaced := e.raw[name]; replaced {
			return false
		}
	}
	e.comma()
	e.buf = append(appendString(e.buf, name), ':')
	return true
}

func (e *encoder) text(name, value string) {
	if value != "" && e.key(name) {
		e.buf = appendString(e.buf, value)
	}
}

func (e *encoder) flag(name string, value *bool) {
	if value != nil && e.key(name) {
		e.buf = strconv.AppendBool(e.buf, *value)
	}
}

func (e *encoder) number(name string, value *int64) {
	if value != nil && e.key(name) {
		e.buf = strconv.AppendInt(e.buf, *value, 10)
	}
}

// date writes seconds since 1970 with milliseconds, the form of every JSON
// service here except Lambda.
func (e *encoder) date(name string, value time.Time) {
	if value.IsZero() || !e.key(name) {
		return
	}
	ms := value.UnixMilli()
	if ms < 0 {
		e.buf, ms = append(e.buf, '-'), -ms
	}
	e.buf = strconv.AppendInt(e.buf, ms/1000, 10)
	if fraction := ms % 1000; fraction != 0 {
		e.buf = append(e.buf, '.', byte('0'+fraction/100), byte('0'+fraction/10%10), byte('0'+fraction%10))
	}
}

// texts writes a list; nil leaves it out, an empty one is written empty.
func (e *encoder) texts(name string, values []string) {
	if values == nil || !e.key(name) {
		return
	}
	e.buf = append(e.buf, '[')
	for _, value := range values {
		e.comma()
		e.buf = appendString(e.buf, value)
	}
	e.buf = append(e.buf, ']')
}

// object writes the members that body writes as the value of name.
func (e *encoder) object(name string, body func()) {
	if e.key(name) {
		e.item(nil, body)
	}
}

// list writes what body writes as the elements of the list called name.
func (e *encoder) list(name string, body func()) {
	if !e.key(name) {
		return
	}
	outer := e.raw
	e.raw = nil
	e.buf = append(e.buf, '[')
	body()
	e.buf = append(e.buf, ']')
	e.raw = outer
}

// item writes an object (a list's element, a member's value, or the whole
// answer), in which raw gives or replaces members; one whose raw JSON is
// empty is left out.
func (e *encoder) item(raw map[string]string, body func()) {
	outer := e.raw
	e.comma()
	e.buf = append(e.buf, '{')
	e.raw = raw
	body()
	e.raw = nil
	for _, name := range sortedKeys(raw) {
		if raw[name] != "" && e.key(name) {
			e.buf = append(e.buf, raw[name]...)
		}
	}
	e.buf = append(e.buf, '}')
	e.raw = outer
}

func sortedKeys[V any](m map[string]V) []string {
	if len(m) == 0 {
		return nil
	}
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// appendString appends text as a JSON string. Bytes that are no UTF-8 go out
// as they are: an answer may be as broken as its state.
func appendString(dst []byte, text string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(text); i++ {
		b := text[i]
		if b >= ' ' && b != '"' && b != '\\' {
			continue
		}
		dst = append(dst, text[start:i]...)
		switch b {
		case '"', '\\':
			dst = append(dst, '\\', b)
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[b>>4], hex[b&15])
		}
		start = i + 1
	}
	dst = append(dst, text[start:]...)
	return append(dst, '"')
}

// writeBody sends the whole answer.
func writeBody(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	w.Write(body)
}
