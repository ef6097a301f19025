package kit

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// A form is a way in which a credential stands in a file.
type form struct {
	name, file string
	text       func(s *Site, p Plant) string
	anyRule    bool // the credential is no token: a finding in the file is enough
}

// forms are all forms, each in a file, and in a file that only history has.
func forms() []Case {
	var all []Case
	for _, f := range slices.Concat(encodings(), written(), containers(), packages(), formats()) {
		all = append(all,
			Case{Name: "form-" + f.name, Promise: "forms", Build: func(s *Site) Expect {
				text, e := f.make(s)
				s.write(f.file, text)
				return e
			}},
			Case{Name: "form-" + f.name + "-in-history", Promise: "forms", Build: func(s *Site) Expect {
				text, e := f.make(s)
				r := s.repo()
				first := r.files(f.file, text)
				r.commit(r.tree(), first)
				return e
			}})
	}
	return append(all, long()...)
}

func (f form) make(s *Site) (string, Expect) {
	p := s.token()
	if f.anyRule {
		p.Value = s.expand("", "{base62:22}")
	}
	text := f.text(s, p)
	e := finds(p.at(f.file))
	if f.anyRule {
		e = finds(Plant{Path: f.file})
		e.Never = []string{p.Value}
	}
	return text, e
}

// line makes a form of the line with the token.
func asLine(code func(line string) string) func(*Site, Plant) string {
	return func(_ *Site, p Plant) string { return code(p.line()) }
}

func utf16Text(text, order, mark string) string {
	var b strings.Builder
	b.WriteString(mark)
	for _, u := range utf16.Encode([]rune(text)) {
		hi, lo := byte(u>>8), byte(u)
		if order == "le" {
			hi, lo = lo, hi
		}
		b.Write([]byte{hi, lo})
	}
	return b.String()
}

func base64Text(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// wrapped breaks text into lines.
func wrapped(text string, width int, end string) string {
	var b strings.Builder
	for len(text) > width {
		b.WriteString(text[:width] + end)
		text = text[width:]
	}
	return b.String() + text + end
}

func eachByte(format, text string) string {
	var b strings.Builder
	for i := range len(text) {
		fmt.Fprintf(&b, format, text[i])
	}
	return b.String()
}

// encodings are character sets and coats.
func encodings() []form {
	return []form{
		{name: "plain", file: "a.txt", text: asLine(func(l string) string { return l })},
		{name: "no-newline", file: "a.txt", text: asLine(func(l string) string { return strings.TrimSpace(l) })},
		{name: "alone", file: "a", text: func(s *Site, p Plant) string { return p.Value }},
		{name: "utf8-mark", file: "a.txt", text: asLine(func(l string) string { return "\xef\xbb\xbf" + l })},
		{name: "utf16le-mark", file: "a.txt", text: asLine(func(l string) string { return utf16Text("first\r\n"+l, "le", "\xff\xfe") })},
		{name: "utf16be-mark", file: "a.txt", text: asLine(func(l string) string { return utf16Text("first\r\n"+l, "be", "\xfe\xff") })},
		{name: "utf16le", file: "a.txt", text: asLine(func(l string) string { return utf16Text("first line\r\n"+l+"last line\r\n", "le", "") })},
		{name: "utf16be", file: "a.txt", text: asLine(func(l string) string { return utf16Text("first line\r\n"+l+"last line\r\n", "be", "") })},
		{name: "utf16-umlauts", file: "a.reg", text: asLine(func(l string) string { return utf16Text("Größe äöü 漢字\r\n"+l, "le", "\xff\xfe") })},
		{name: "latin1", file: "a.txt", text: asLine(func(l string) string { return "Gr\xf6\xdfe \xe4\xf6\xfc\r\n" + l })},
		{name: "shift-jis", file: "a.txt", text: asLine(func(l string) string { return "\x83p\x83X\x83\x8f\x81[\x83h\n" + l })},
		{name: "crlf", file: "a.ini", text: asLine(func(l string) string { return "[a]\r\n" + strings.TrimSpace(l) + "\r\n" })},
		{name: "cr", file: "a.ini", text: asLine(func(l string) string { return "[a]\r" + strings.TrimSpace(l) + "\rb = 1\r" })},
		{name: "after-nul", file: "a.bin", text: asLine(func(l string) string { return "\x00\x01\x02\x00" + l })},
		{name: "between-nul", file: "a.bin", text: func(s *Site, p Plant) string {
			return strings.Repeat("\x00", 9000) + p.Value + strings.Repeat("\x00", 9000)
		}},
		{name: "elf", file: "tool", text: func(s *Site, p Plant) string {
			return "\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 64) + "GLIBC_2.4\x00" + p.Value + "\x00.text\x00"
		}},
		{name: "json-escaped", file: "a.json", text: func(s *Site, p Plant) string {
			return `{"token": "` + eachByte(`\u%04x`, p.Value) + `"}`
		}},
		{name: "json-newlines", file: "a.json", text: asLine(func(l string) string { return fmt.Sprintf(`{"env": %q}`, "a=b\n"+l+"c=d\n") })},
		{name: "json-in-json", file: "a.json", text: asLine(func(l string) string { return fmt.Sprintf(`{"env": %q}`, fmt.Sprintf(`{"t":%q}`, "a\n"+l)) })},
		{name: "octal-escapes", file: "a.c", text: func(s *Site, p Plant) string {
			return "char *t = \"" + eachByte(`\x%02x`, p.Value) + "\";\n"
		}},
		{name: "url-encoded", file: "a.txt", text: func(s *Site, p Plant) string {
			return "https://example.org/?q=" + eachByte("%%%02X", "token="+p.Value) + "\n"
		}},
		{name: "char-references", file: "a.html", text: func(s *Site, p Plant) string { return "<p>" + eachByte("&#%d;", p.Value) + "</p>\n" }},
		{name: "base64", file: "a.yaml", text: asLine(func(l string) string { return "data: " + base64Text(l) + "\n" })},
		{name: "base64-wrapped", file: "a.txt", text: asLine(func(l string) string { return wrapped(base64Text("some words before it\n"+l+"and after\n"), 64, "\n") })},
		{name: "base64-url", file: "a.txt", text: asLine(func(l string) string {
			return "x=" + base64.RawURLEncoding.EncodeToString([]byte("??>>"+l)) + "\n"
		})},
		{name: "base64-twice", file: "a.txt", text: asLine(func(l string) string { return "x: " + base64Text(base64Text(l)) + "\n" })},
		{name: "base64-utf16", file: "a.ps1", text: asLine(func(l string) string {
			return "powershell -enc " + base64Text(utf16Text("$x = 1; "+l, "le", "")) + "\n"
		})},
		{name: "hex", file: "a.txt", text: asLine(func(l string) string { return "x = " + hex.EncodeToString([]byte(l)) + "\n" })},
		{name: "hex-upper", file: "a.txt", text: asLine(func(l string) string { return "x = " + strings.ToUpper(hex.EncodeToString([]byte(l))) + "\n" })},
		{name: "gzip-base64", file: "a.yaml", text: asLine(func(l string) string { return "release: " + base64Text(gzipped(l)) + "\n" })},
	}
}

func gzipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, text) // a Buffer takes everything
	w.Close()
	return b.String()
}

// zipped packs members, given as name and content in turn.
func zipped(pairs ...string) string {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		m, err := w.Create(pairs[i])
		if err == nil {
			_, err = io.WriteString(m, pairs[i+1])
		}
		if err != nil {
			panic(failure{err})
		}
	}
	w.Close()
	return b.String()
}

// tarred packs members, given as name and content in turn.
func tarred(pairs ...string) string {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		err := w.WriteHeader(&tar.Header{Name: pairs[i], Size: int64(len(pairs[i+1])), Mode: 0o644})
		if err == nil {
			_, err = io.WriteString(w, pairs[i+1])
		}
		if err != nil {
			panic(failure{err})
		}
	}
	w.Close()
	return b.String()
}

func zstdText(text string) string {
	w, err := zstd.NewWriter(nil)
	if err != nil {
		panic(failure{err})
	}
	defer w.Close()
	return string(w.EncodeAll([]byte(text), nil))
}

func xzText(text string) string {
	var b bytes.Buffer
	w, err := xz.NewWriter(&b)
	if err == nil {
		_, err = io.WriteString(w, text)
	}
	if err != nil {
		panic(failure{err})
	}
	w.Close()
	return b.String()
}

// containers hold other files.
func containers() []form {
	return []form{
		{name: "gzip", file: "a.gz", text: asLine(gzipped)},
		{name: "gzip-two-streams", file: "a.gz", text: asLine(func(l string) string { return gzipped("first\n") + gzipped(l) })},
		{name: "zstd", file: "a.zst", text: asLine(zstdText)},
		{name: "xz", file: "a.xz", text: asLine(xzText)},
		{name: "zip", file: "a.zip", text: asLine(func(l string) string { return zipped("x", "nothing\n", "conf/a.env", l) })},
		{name: "zip-misnamed", file: "a.txt", text: asLine(func(l string) string { return zipped("conf/a.env", l) })},
		{name: "zip-member-name", file: "a.zip", text: func(s *Site, p Plant) string { return zipped("conf/"+p.Value, "x") }},
		{name: "zip-in-zip", file: "a.zip", text: asLine(func(l string) string { return zipped("b.zip", zipped("c.zip", zipped("d", l))) })},
		{name: "jar", file: "a.jar", text: asLine(func(l string) string {
			return zipped("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n", "application.properties", l)
		})},
		{name: "whl", file: "a-1.0-py3-none-any.whl", text: asLine(func(l string) string { return zipped("a/__init__.py", l) })},
		{name: "tar", file: "a.tar", text: asLine(func(l string) string { return tarred("x/a.env", l) })},
		{name: "tar-gz", file: "a.tgz", text: asLine(func(l string) string { return gzipped(tarred("x/a.env", l)) })},
		{name: "tar-gz-in-zip-in-tar", file: "a.tar", text: asLine(func(l string) string { return tarred("m.zip", zipped("n.tgz", gzipped(tarred("a.env", l)))) })},
		{name: "docx", file: "a.docx", text: func(s *Site, p Plant) string {
			return zipped("[Content_Types].xml", "<Types/>", "word/document.xml", "<w:document><w:t>token</w:t><w:t>"+p.Value+"</w:t></w:document>")
		}},
		{name: "xlsx", file: "a.xlsx", text: func(s *Site, p Plant) string {
			return zipped("xl/workbook.xml", "<workbook/>", "xl/sharedStrings.xml", "<sst><si><t>"+p.Value+"</t></si></sst>")
		}},
		{name: "zip-after-program", file: "installer.sh", text: asLine(func(l string) string { return "#!/bin/sh\nexec unzip $0\n" + zipped("stored", l) })},
		{name: "zip-comment", file: "a.zip", text: func(s *Site, p Plant) string {
			z := zipped("x", "nothing\n")
			return z[:len(z)-2] + string([]byte{byte(len(p.Value)), 0}) + p.Value
		}},
		{name: "gzip-name-field", file: "a.gz", text: func(s *Site, p Plant) string {
			g := gzipped("nothing\n")
			return g[:3] + "\x08" + g[4:10] + p.Value + "\x00" + g[10:]
		}},
		{name: "oci-layer", file: "image.tar", text: asLine(func(l string) string {
			return tarred("manifest.json", `[{"Config":"c.json","Layers":["l/layer.tar"]}]`, "c.json", `{"config":{"Env":["A=1"]}}`, "l/layer.tar", tarred("app/.env", l))
		})},
	}
}

// formats are files that programs write their credentials into.
func formats() []form {
	value := func(format string) func(*Site, Plant) string {
		return func(s *Site, p Plant) string { return fmt.Sprintf(format, p.Value) }
	}
	key := func(s *Site) string { return s.expand("", "{pem:RSA PRIVATE KEY}") + "\n" }
	return []form{
		{name: "ipynb", file: "a.ipynb", text: value("{\"cells\": [{\"cell_type\": \"code\", \"outputs\": [{\"text\": [\"token:\\n\", \"%s\\n\"]}]}]}\n")},
		{name: "kubernetes-secret", file: "secret.yaml", text: func(s *Site, p Plant) string {
			return "apiVersion: v1\nkind: Secret\nmetadata:\n  name: x\ndata:\n  token: " + base64Text(p.Value) + "\n"
		}},
		{name: "kubernetes-password", file: "secret.yaml", anyRule: true, text: func(s *Site, p Plant) string {
			return "apiVersion: v1\nkind: Secret\nmetadata:\n  name: x\ndata:\n  password: " + base64Text(p.Value) + "\n"
		}},
		{name: "dockerfile-env", file: "Dockerfile", anyRule: true, text: value("FROM alpine\nENV DB_PASSWORD=%s\n")},
		{name: "dockerfile-arg", file: "Dockerfile", anyRule: true, text: value("FROM alpine\nARG API_TOKEN=%s\n")},
		{name: "tfstate", file: "terraform.tfstate", anyRule: true, text: value("{\"version\": 4, \"resources\": [{\"type\": \"aws_db_instance\", \"instances\": [{\"attributes\": {\"username\": \"app\", \"password\": \"%s\"}}]}]}\n")},
		{name: "npmrc", file: ".npmrc", anyRule: true, text: func(s *Site, p Plant) string {
			return "//registry.example.org/:_authToken=" + p.Value + "\n"
		}},
		{name: "pgpass", file: ".pgpass", anyRule: true, text: value("db.example.org:5432:app:app:%s\n")},
		{name: "netrc", file: ".netrc", anyRule: true, text: value("machine example.org login ada password %s\n")},
		{name: "netrc-lines", file: ".netrc", anyRule: true, text: value("machine example.org\n  login ada\n  password %s\n")},
		{name: "kubeconfig-token", file: "kubeconfig", anyRule: true, text: value("apiVersion: v1\nkind: Config\nusers:\n- name: ada\n  user:\n    token: %s\n")},
		{name: "kubeconfig-key", file: "kubeconfig", anyRule: true, text: func(s *Site, p Plant) string {
			return "apiVersion: v1\nkind: Config\nusers:\n- name: ada\n  user:\n    client-key-data: " + base64Text(key(s)) + "\n"
		}},
		{name: "docker-auth", file: ".docker/config.json", anyRule: true, text: func(s *Site, p Plant) string {
			return `{"auths": {"registry.example.org": {"auth": "` + base64Text("ada:"+p.Value) + `"}}}` + "\n"
		}},
		{name: "git-credentials", file: ".git-credentials", anyRule: true, text: value("https://ada:%s@git.example.org\n")},
		{name: "pypirc", file: ".pypirc", anyRule: true, text: value("[pypi]\nusername = ada\npassword = %s\n")},
		{name: "my-cnf", file: ".my.cnf", anyRule: true, text: value("[client]\nuser=ada\npassword=%s\n")},
		{name: "aws-credentials", file: ".aws/credentials", anyRule: true, text: func(s *Site, p Plant) string {
			return "[default]\naws_access_key_id = " + s.expand("aws-key-id", "AKIA{base32:16}") + "\naws_secret_access_key = " + s.expand("", "{base64:40}") + "\n"
		}},
		{name: "compose", file: "docker-compose.yml", anyRule: true, text: value("services:\n  db:\n    image: postgres\n    environment:\n      POSTGRES_PASSWORD: %s\n")},
		{name: "url-userinfo", file: "settings.py", anyRule: true, text: value("DATABASE_URL = 'postgres://app:%s@db.example.org:5432/app'\n")},
		{name: "basic-header", file: "a.http", anyRule: true, text: func(s *Site, p Plant) string {
			return "GET / HTTP/1.1\nAuthorization: Basic " + base64Text("ada:"+p.Value) + "\n"
		}},
		{name: "properties", file: "application.properties", anyRule: true, text: value("spring.datasource.password=%s\n")},
		{name: "web-config", file: "web.config", anyRule: true, text: value("<connectionStrings><add name=\"x\" connectionString=\"Server=db;User ID=app;Password=%s\"/></connectionStrings>\n")},
		{name: "wp-config", file: "wp-config.php", anyRule: true, text: value("<?php\ndefine('DB_PASSWORD', '%s');\n")},
		{name: "pem", file: "key.txt", anyRule: true, text: func(s *Site, p Plant) string { return key(s) }},
		{name: "pem-crlf", file: "key.txt", anyRule: true, text: func(s *Site, p Plant) string { return strings.ReplaceAll(key(s), "\n", "\r\n") }},
		{name: "pem-in-json", file: "sa.json", anyRule: true, text: func(s *Site, p Plant) string { return fmt.Sprintf("{\"type\": \"x\", \"private_key\": %q}\n", key(s)) }},
		{name: "pem-in-env", file: "a.env", anyRule: true, text: func(s *Site, p Plant) string {
			return "KEY=\"" + strings.ReplaceAll(key(s), "\n", `\n`) + "\"\n"
		}},
		{name: "pem-indented", file: "a.yaml", anyRule: true, text: func(s *Site, p Plant) string {
			return "key: |\n  " + strings.ReplaceAll(strings.TrimSpace(key(s)), "\n", "\n  ") + "\n"
		}},
		{name: "pem-utf16", file: "key.txt", anyRule: true, text: func(s *Site, p Plant) string { return utf16Text(key(s), "le", "\xff\xfe") }},
		{name: "pem-base64", file: "a.yaml", anyRule: true, text: func(s *Site, p Plant) string { return "tls.key: " + base64Text(key(s)) + "\n" }},
		{name: "openssh-key", file: "id", anyRule: true, text: func(s *Site, p Plant) string { return s.expand("", "{pem:OPENSSH PRIVATE KEY}") + "\n" }},
	}
}

// long are forms whose point is their length.
func long() []Case {
	mega := strings.Repeat("all work and no play makes a long line ", 1<<20/39+1)[:1<<20]
	at := func(name string, before func(s *Site) string) Case {
		return Case{Name: name, Promise: "forms", Build: func(s *Site) Expect {
			p := s.token()
			s.write("a.txt", before(s)+" "+p.line())
			return finds(p.at("a.txt"))
		}}
	}
	return []Case{
		at("line-long", func(s *Site) string { return strings.Repeat(mega, s.scaled(2, 50)) }),
		at("file-long", func(s *Site) string { return strings.Repeat(filler(1<<20), s.scaled(2, 300)) }),
		{Name: "window-seams", Promise: "forms", Build: func(s *Site) Expect { // a token around each place where content could be cut
			var b strings.Builder
			var all []Plant
			for _, cut := range []int{4 << 10, 32 << 10, 64 << 10, 96 << 10, 128 << 10, 256 << 10, 512 << 10, 1 << 20, 2 << 20, 4<<20 - 96<<10, 4<<20 - 32<<10, 4 << 20} {
				p := s.token()
				b.WriteString(strings.Repeat("word ", (cut-20-b.Len())/5))
				b.WriteString(" " + p.line())
				all = append(all, p)
			}
			s.write("a.txt", b.String()+filler(300<<10))
			return finds(all...)
		}},
		{Name: "long-line-in-history", Promise: "forms", Build: func(s *Site) Expect {
			p := s.token()
			r := s.repo()
			first := r.files("min.js", strings.Repeat(mega, s.scaled(1, 50))+p.line())
			r.commit(r.tree(), first)
			return finds(p.at("min.js"))
		}},
		{Name: "standard-input", Promise: "forms", Build: func(s *Site) Expect {
			p := s.token()
			e := finds(p).scanning("-")
			e.Stdin = filler(1<<16) + p.line()
			return e
		}},
		{Name: "standard-input-zip", Promise: "forms", Build: func(s *Site) Expect {
			p := s.token()
			e := finds(p).scanning("-")
			e.Stdin = zipped("a", p.line())
			return e
		}},
	}
}
