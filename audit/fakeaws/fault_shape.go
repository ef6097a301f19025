package fakeaws

import (
	"encoding/json"
	"strings"
)

// swapTypes makes texts of the numbers in an answer, and where there are
// none numbers of the texts.
func swapTypes(h *hit) bool {
	return h.rewrite(func(members map[string]any) {
		found := false
		walk(members, func(_ string, value any) any {
			if number, ok := value.(json.Number); ok {
				found = true
				return number.String()
			}
			return value
		})
		if found {
			return
		}
		walk(members, func(_ string, value any) any {
			if _, ok := value.(string); ok {
				return json.Number("1")
			}
			return value
		})
	})
}

// nullLists makes null of every list.
func nullLists(h *hit) bool {
	return h.rewrite(func(members map[string]any) {
		walk(members, func(_ string, value any) any {
			if _, ok := value.([]any); ok {
				return nil
			}
			return value
		})
	})
}

// objectLists makes an object of every list.
func objectLists(h *hit) bool {
	return h.rewrite(func(members map[string]any) {
		walk(members, func(_ string, value any) any {
			if list, ok := value.([]any); ok {
				return map[string]any{"member": list}
			}
			return value
		})
	})
}

// hugeNumbers puts numbers into the answer that no time, count or float
// holds.
func hugeNumbers(h *hit) bool {
	huge := []json.Number{"1e308", "99999999999999999999", "-99999999999999999999", "1e999", "9223372036854775807"}
	return h.rewrite(func(members map[string]any) {
		next := int(h.roll % uint64(len(huge)))
		walk(members, func(_ string, value any) any {
			if _, ok := value.(json.Number); ok {
				return huge[next]
			}
			return value
		})
	})
}

// nest puts a member into the answer whose value is deeper than any parser
// should follow.
func nest(h *hit) bool {
	const depth = 100_000
	return h.rewriteText(func(body []byte) []byte {
		return afterBrace(body, `"Nested":`+strings.Repeat("[", depth)+strings.Repeat("]", depth))
	})
}

// doubleMembers gives the answer its first members once more, with null.
func doubleMembers(h *hit) bool {
	return h.rewriteText(func(body []byte) []byte {
		members, ok := readObject(body)
		if !ok {
			return body
		}
		var b strings.Builder
		for _, name := range sortedKeys(members) {
			b.Write(writeJSON(name))
			b.WriteString(":null,")
		}
		return afterBrace(body, strings.TrimSuffix(b.String(), ","))
	})
}
