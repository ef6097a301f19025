package audit

import (
	"bytes"
	"errors"
	"strings"
)

// keptPolicy returns a policy as the inventory keeps it, and the credentials that our
// rules find in it. Sid and Id are left out: they are for people, who write anything
// there. What is no JSON, or says something twice, is not kept at all: a credential may
// stand anywhere in it.
func (t texts) keptPolicy(text string) (kept string, found []Exposure, err error) {
	if strings.TrimSpace(text) == "" {
		return "", nil, nil
	}
	w := policyWriter{match: t.match}
	root, err := parseJSON(text)
	if err != nil {
		w.search("", text)
		return "", w.found, errors.New("a policy that is no JSON, or says something twice")
	}
	if err := w.value("", root); err != nil {
		return "", w.found, err
	}
	return t.masked(w.String()), w.found, nil
}

// A policyWriter writes a value of parseJSON without spaces, and without what our rules
// find in its texts. They see each as it is decoded, with the name that it stands under.
type policyWriter struct {
	bytes.Buffer
	match Matcher // nil for none
	found []Exposure
}

// search returns what a text is replaced by where a credential is in it.
func (w *policyWriter) search(name, text string) string {
	if w.match == nil {
		return text
	}
	found := w.match(name, text)
	if len(found) == 0 {
		return text
	}
	w.found = append(w.found, found...)
	return found[0].Excerpt
}

func (w *policyWriter) value(name string, v any) error {
	switch v := v.(type) {
	case object:
		return w.object(v)
	case []any:
		w.WriteByte('[')
		for i, item := range v {
			if i > 0 {
				w.WriteByte(',')
			}
			if err := w.value(name, item); err != nil {
				return err
			}
		}
		w.WriteByte(']')
		return nil
	case string:
		return writePlain(&w.Buffer, w.search(name, v))
	}
	return writePlain(&w.Buffer, v)
}

func (w *policyWriter) object(o object) error {
	w.WriteByte('{')
	first := true
	for _, m := range o {
		before := w.Len()
		if !first {
			w.WriteByte(',')
		}
		if err := writePlain(&w.Buffer, w.search("", m.name)); err != nil {
			return err
		}
		w.WriteByte(':')
		if err := w.value(m.name, m.value); err != nil {
			return err
		}
		if m.name == "Sid" || m.name == "Id" {
			w.Truncate(before) // it was searched
			continue
		}
		first = false
	}
	w.WriteByte('}')
	return nil
}

// writePlain writes JSON with the characters of HTML as they are.
func writePlain(b *bytes.Buffer, v any) error {
	err := writeLine(b, v)
	b.Truncate(len(bytes.TrimRight(b.Bytes(), "\n")))
	return err
}
