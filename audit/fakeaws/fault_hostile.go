package fakeaws

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// stand is what takes the place of hostile text until an answer is written:
// JSON's own writer would mend or escape what has to arrive as it is. It is
// followed by the depth of JSON in JSON at which it stands.
const stand = "Hostile-Text-Stands-Here-"

// poison is the strike of a fault that appends a text to the names,
// descriptions, tags, messages and policies in an answer. The callers' own
// calls name things with the text; it is taken off again.
func poison(text string) func(*hit) bool {
	return func(h *hit) bool {
		h.cure(text)
		return h.rewriteText(func(body []byte) []byte {
			members, ok := readObject(body)
			if !ok {
				return body
			}
			h.addTexts(members)
			walk(members, func(name string, value any) any { return taint(name, value, "0") })
			return expand(writeJSON(members), text)
		})
	}
}

// poisonNames does so with names alone, for texts so long that a page full
// of them would be a bomb.
func poisonNames(text string) func(*hit) bool {
	return func(h *hit) bool {
		h.cure(text)
		return h.rewriteText(func(body []byte) []byte {
			members, ok := readObject(body)
			if !ok {
				return body
			}
			walk(members, func(name string, value any) any {
				if old, ok := value.(string); ok && name == "Name" {
					return old + stand + "0"
				}
				return value
			})
			return expand(writeJSON(members), text)
		})
	}
}

// cure takes the text off what the caller asks for.
func (h *hit) cure(text string) {
	in := &h.r.in
	fields := []*string{&h.r.Resource, &in.SecretId, &in.KeyId, &in.TrailName, &in.Name, &in.TaskDefinition, &in.StateMachineARN}
	for i := range in.Names {
		fields = append(fields, &in.Names[i])
	}
	for _, field := range fields {
		*field = strings.ReplaceAll(*field, text, "")
		*field = strings.ReplaceAll(*field, strings.ToValidUTF8(text, string(utf8.RuneError)), "")
		*field = strings.ReplaceAll(*field, mended(text), "")
	}
}

// mended is what encoding/json makes of text: one replacement character for
// each byte that is no UTF-8.
func mended(text string) string {
	var b strings.Builder
	for _, r := range text {
		b.WriteRune(r)
	}
	return b.String()
}

// addTexts gives secrets what may be absent, so that there is something to
// be hostile in.
func (h *hit) addTexts(members map[string]any) {
	if h.r.Service != "secretsmanager" {
		return
	}
	for _, secret := range secrets(h.r.Operation, members) {
		if secret["Description"] == nil {
			secret["Description"] = "of "
		}
		tags, _ := secret["Tags"].([]any)
		secret["Tags"] = append(tags, map[string]any{"Key": "note", "Value": "of "})
	}
}

// tainted are the members that hold what somebody may have typed.
var tainted = map[string]bool{
	"Name": true, "Description": true, "Value": true, "Key": true, "StatusMessage": true, "Username": true,
	"AliasName": true, "StateReason": true, "LastUpdateStatusReason": true, "ResourceName": true,
	"Sid": true, "userAgent": true, "userName": true, "errorMessage": true, "errorCode": true,
}

// holdsJSON are the members whose text is JSON itself.
var holdsJSON = map[string]bool{"ResourcePolicy": true, "Policy": true, "CloudTrailEvent": true}

// taint appends the stand-in to a text that can be hostile.
func taint(name string, value any, depth string) any {
	text, ok := value.(string)
	switch {
	case !ok:
	case depth == "0" && holdsJSON[name]:
		return embedded(text, func(members map[string]any) {
			walk(members, func(name string, value any) any { return taint(name, value, "1") })
		})
	case tainted[name]:
		return text + stand + depth
	}
	return value
}

// expand puts the text where its stand-ins are.
func expand(body []byte, text string) []byte {
	literal := inLiteral(text)
	body = bytes.ReplaceAll(body, []byte(stand+"0"), literal)
	return bytes.ReplaceAll(body, []byte(stand+"1"), inLiteral(string(literal)))
}

// inLiteral escapes text for the inside of a JSON string, and leaves bytes
// that are no UTF-8 alone.
func inLiteral(text string) []byte {
	quoted := appendString(nil, text)
	return quoted[1 : len(quoted)-1]
}

// longText is what makes a name 64 kB long.
func longText() string { return strings.Repeat("long-", 64<<10/5) }

const (
	controlText = "\x00\x01\x07\x08\x0b\x0c\x1f\x7f\u0085\u2028\u2029"
	lineText    = "\r\n::error file=app.js,line=1::forged\r\n[FAIL] forged\n\n| forged | row |"
	ansiText    = "\x1b[2J\x1b[31;1mred\x1b[0m\x1b]8;;http://evil.invalid/\x1b\\link\x1b]8;;\x1b\\\x1b]0;title\x07\u009b31m"
	bidiText    = "\u202ereversed\u202c\u2066isolated\u2069\u200f\u200b\ufeff\u061c"
	brokenText  = "\xff\xfe\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80\xe2\x82"
	linkText    = "[click](http://evil.invalid/) [1](javascript:alert(1)) [self](0) ![](http://evil.invalid/i.png) {0} %SRCROOT% <http://evil.invalid/>"
	formulaText = "\t=HYPERLINK(\"http://evil.invalid/\",\"open\")\n+1+cmd|' /C calc'!A0\n-2\n@SUM(1)\n\",\"=1+1"
	htmlText    = "</td><script>alert(1)</script><img src=x onerror=alert(1)>\"'><!--&lt;]]>"
)
