package fakeaws

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"strings"
)

// answer is what the services said to a call, held back to be changed.
type answer struct {
	header http.Header
	status int
	body   []byte
}

// Header implements http.ResponseWriter.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) { a.status = status }

// Write implements http.ResponseWriter.
func (a *answer) Write(p []byte) (int, error) {
	a.body = append(a.body, p...)
	return len(p), nil
}

// ask lets the services answer.
func (h *hit) ask() *answer {
	a := &answer{header: h.w.Header().Clone(), status: http.StatusOK}
	h.next(a)
	return a
}

// send passes the answer on with its body of now.
func (a *answer) send(w http.ResponseWriter) {
	a.begin(w)
	writeBody(w, a.status, a.body)
}

// begin copies the header, but not the length of what may have changed.
func (a *answer) begin(w http.ResponseWriter) {
	maps.Copy(w.Header(), a.header)
	w.Header().Del("Content-Length")
}

// whole reports whether the services answered what was asked.
func (a *answer) whole() bool { return a.status == http.StatusOK }

// rewrite changes the members of a successful JSON answer. An error passes
// unchanged, and a call to a service that speaks XML is not met.
func (h *hit) rewrite(change func(members map[string]any)) bool {
	return h.rewriteText(func(body []byte) []byte {
		members, ok := readObject(body)
		if !ok {
			return body
		}
		change(members)
		return writeJSON(members)
	})
}

// rewriteText does the same with the text of the answer.
func (h *hit) rewriteText(change func(body []byte) []byte) bool {
	if !speaksJSON(h.r.Service) {
		return false
	}
	a := h.ask()
	if a.whole() {
		a.body = change(a.body)
	}
	a.send(h.w)
	return true
}

func speaksJSON(service string) bool {
	p := protocolOf(service)
	return p == jsonRPC || p == restJSON
}

// readObject reads a JSON object; its numbers keep their text.
func readObject(body []byte) (members map[string]any, ok bool) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err := decoder.Decode(&members); err != nil || members == nil {
		return nil, false
	}
	return members, true
}

// writeJSON writes what readObject read: members sorted, no HTML escapes.
func writeJSON(value any) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic("fakeaws: an answer cannot be written again: " + err.Error())
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// walk replaces every value below members by what change makes of it; name
// is that of the nearest member above. Values inside are changed first.
func walk(members map[string]any, change func(name string, value any) any) {
	for name, value := range members {
		members[name] = walked(name, value, change)
	}
}

func walked(name string, value any, change func(string, any) any) any {
	switch value := value.(type) {
	case map[string]any:
		walk(value, change)
	case []any:
		for i := range value {
			value[i] = walked(name, value[i], change)
		}
	}
	return change(name, value)
}

// listOf returns the objects in the list of that name.
func listOf(members map[string]any, name string) []map[string]any {
	list, _ := members[name].([]any)
	objects := make([]map[string]any, 0, len(list))
	for _, item := range list {
		if object, ok := item.(map[string]any); ok {
			objects = append(objects, object)
		}
	}
	return objects
}

// secrets returns the objects that describe secrets: the elements of a
// listing, or the whole answer of DescribeSecret.
func secrets(operation string, members map[string]any) []map[string]any {
	if operation == "DescribeSecret" {
		return []map[string]any{members}
	}
	return listOf(members, "SecretList")
}

// embedded applies change to JSON that stands in a text, as policies and
// events do; text that is no JSON object stays.
func embedded(text string, change func(members map[string]any)) string {
	members, ok := readObject([]byte(text))
	if !ok {
		return text
	}
	change(members)
	return string(writeJSON(members))
}

// afterBrace inserts members at the beginning of the object that body is.
func afterBrace(body []byte, members string) []byte {
	text := strings.TrimSpace(string(body))
	rest, ok := strings.CutPrefix(text, "{")
	if !ok {
		return body
	}
	if strings.TrimSpace(rest) != "}" {
		members += ","
	}
	return []byte("{" + members + rest)
}
