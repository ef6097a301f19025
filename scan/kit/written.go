package kit

import (
	"fmt"
	"strings"
)

// written are ways in which people, programs and machines write a token so that it
// touches other text or stands in pieces.
func written() []form {
	touching := func(name, file, format string) form {
		return form{name: name, file: file, text: func(s *Site, p Plant) string { return fmt.Sprintf(format, p.Value) }}
	}
	pieces := func(name, file, before, between, after string) form {
		return form{name: name, file: file, text: func(s *Site, p Plant) string { return before + p.Value[:17] + between + p.Value[17:] + after }}
	}
	return []form{
		touching("terminal-colours", "ci.log", "TOKEN=\x1b[32m%s\x1b[0m\n"), touching("emphasis", "a.md", "__%s__\n"), touching("quoted-printable-equals", "a.eml", "<a href=3D\"?t=3D%s\">\n"),
		touching("between-strings-of-a-program", "tool", "\x7fELF\x02\x00\x00index out of range%sGODEBUG\x00"), touching("byte-code", "a.pyc", "\xcb\x0d\x0d\x0a\x00\x00\xda(%sN)\x02\xda\x01x"),
		touching("record-without-separator", "a.db-wal", "7\x7f\x06\x82\x00\x00\x03\x13\x5dada%sbob\x00"),
		pieces("joined-strings", "a.js", `var t = "`, `" + "`, "\";\n"), pieces("joined-over-lines", "A.java", "String t = \"", "\"\n    + \"", "\";\n"), pieces("strings-side-by-side", "a.py", `t = ("`, "\"\n     \"", "\")\n"),
		pieces("line-goes-on", "a.sh", "TOKEN=", "\\\n", "\n"), pieces("quotes-in-a-word", "b.sh", `TOKEN="`, `"'`, "'\n"), pieces("quoted-printable-line", "a.eml", "your token: ", "=\r\n", "\r\n"), pieces("git-config-value", "x.gitconfig", "[x]\n\ttoken = ", "\\\n", "\n"),
		{name: "escaped-underscore", file: "a.md", text: func(s *Site, p Plant) string { return strings.ReplaceAll(p.line(), "_", `\_`) }},
		{name: "strings-of-net", file: "a.dll", text: func(s *Site, p Plant) string {
			return "MZ\x90\x00\x03\x00\x00\x00\x51" + utf16Text(p.Value, "le", "") + "\x00\x13" + utf16Text("other", "le", "")
		}},
		{name: "strings-of-property-list", file: "a.plist", text: func(s *Site, p Plant) string {
			return "bplist00\xd1\x01\x02\x6f\x10\x28" + utf16Text(p.Value, "be", "") + "\x08\x09\x0a"
		}},
		{name: "numbers-in-json", file: "a.json", text: func(s *Site, p Plant) string {
			return `{"type": "Buffer", "data": [` + eachByte("%d, ", p.Value) + "10]}\n"
		}},
		{name: "numbers-in-c", file: "a.h", text: func(s *Site, p Plant) string {
			return "static const unsigned char t[] = {\n" + eachByte("  0x%02x,\n", p.line()) + "};\n"
		}},
		{name: "numbers-in-registry", file: "a.reg", text: func(s *Site, p Plant) string {
			return utf16Text("\ufeffWindows Registry Editor Version 5.00\r\n\r\n[HKEY_CURRENT_USER\\x]\r\n\"T\"=hex(2):"+eachByte("%02x,00,\\\r\n  ", p.Value)+"00,00\r\n", "le", "")
		}},
		{name: "zlib-base64", file: "a.py", text: asLine(func(l string) string { return "x = '" + base64Text(deflated(filler(500)+l)) + "'\n" })},
		{name: "zip-base64", file: "a.yaml", text: asLine(func(l string) string { return "code: " + base64Text(zipped("a", filler(500)+l)) + "\n" })},
		{name: "bytes-of-postgresql", file: "a.sql", text: func(s *Site, p Plant) string {
			return "COPY t (id, v) FROM stdin;\n1\t\\\\x" + eachByte("%02x", p.Value) + "\n"
		}},
	}
}

// headers are what .git/config adds to requests: a person's credential there is no less one.
func headers() []Case {
	var all []Case
	for name, format := range map[string]string{"bearer": "AUTHORIZATION: bearer %s", "token": "X-Token: %s"} {
		all = append(all, Case{Name: "config-header-" + name, Promise: "P5", Build: func(s *Site) Expect {
			r, p := s.repo(), s.token()
			r.files("a", "nothing\n")
			r.save("config", "[core]\n\trepositoryformatversion = 0\n[http \"https://example.org/\"]\n\textraheader = "+fmt.Sprintf(format, p.Value)+"\n")
			return finds(p)
		}})
	}
	all = append(all, Case{Name: "conflicts-remembered", Promise: "P2", Build: func(s *Site) Expect { // no reason to say that something was not examined
		r, p := s.repo(), s.token()
		r.files("a", "nothing\n")
		r.save("MERGE_RR", fmt.Sprintf("%040x\ta\x00", 7))
		r.save("rr-cache/ab/preimage", p.line())
		return finds(p)
	}})
	sortCases(all)
	return all
}
