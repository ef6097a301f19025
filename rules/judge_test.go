package rules

import (
	"testing"

	"github.com/assayhq/assay/report"
)

// outcome runs the assignment grammar and the judgement over every keyword of
// text and returns the best that came out: nothing, placeholder, low, medium.
func outcome(text string) string {
	data := []byte(text)
	best := "nothing"
	for _, keyword := range []string{"pass", "pwd", "secret", "token", "key", "auth"} {
		for i := 0; ; i++ {
			j := indexFold(data, i, len(data), keyword)
			if j < 0 {
				break
			}
			i = j
			c, ok := readAssignment(data, j, j+len(keyword))
			if !ok {
				continue
			}
			conf, _, ok := judge(tablesOnly, data, c)
			if ok && (best == "nothing" || conf.String() == "medium" || best == "placeholder") {
				best = conf.String()
			}
		}
	}
	return best
}

func TestJudge(t *testing.T) {
	for want, templates := range map[string][]string{
		"medium": {
			`password = "{base62:16}"`, `password = "hunter{digit:1}{lower:1}"`, `password = "Winter{digit:3}7!"`, `pwd: "super{lower:1}ecret{digit:3}9"`,
			`db_password: q{digit:2}x{digit:2}zk`, `password = "My {upper:1}x#q w{digit:2}!"`, `client_secret = "{hex:40}"`, `api_key: "{base62:32}"`, // assay:allow templates
			`apiKey = "{uuid}"`, `"auth": "{base62:40}"`, `export ACCESS_TOKEN={base62:36}`, `SECRET_KEY = '{base64url:50}'`, `key = "{hex:32}"`,
			`API Key: {base62:32}`, `{"token":"{base62:30}"}`,
		},
		"low": {
			`password = "correcthorse"`, `password = "the slow brown ox"`, `password = "$2b$12${base62:50}"`, `key = "q{lower:2}zxkw"`, `token = "{base62:30}" // Fake token for testing.`, // assay:allow templates
			`secret=bd4f{digit:2}f`, `setPrivateKey("01{digit:3}04")`, `Authorization: Negotiate {base62:40}`, `acme token - 'plainwordsonly'`, `ROOT_KEY = "traefik"`,
		},
		"placeholder": {
			`password = "changeme"`, `password = "${DB_PASSWORD}"`, `api_key = "your-api-key"`, `secret = "xxxxxxxxxxxx"`, `token: "abc..."`,
			`password = "1234567890"`, `api_key = "{base62:20}..."`, `password = "test123"`,
			`access_token={lower:6}<your value here>`, `ES_KEY=«2847»`, `password = "foo$bar"`, `@secret="role/{{@model.id}}"`, `encKey = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDA="`, `accountKey = $accountKey;`, `token = "acme_ppqqpqqpqppq"`, `password = "the quick brown fox"`,
		},
		"nothing": {
			`password = user.password`, `password = get_password(user)`, `password_hash = "{hex:40}"`, `public_key = "{base62:40}"`,
			`token_type = "{base62:20}"`, `key = "backgroundColor"`, `password = "prefix-{digit:4}" + suffix`, `secret: /run/secrets/db`,
			`tls_key = "certs/server.pem"`, `key: "{uuid}"`, `password: string`, `pass: true`, `password: ${DB_PASSWORD}`, `"{base62:30}"`, `--- PASS: TestX{digit:4} (0.01s)`,
			`"arn":"arn:aws:secretsmanager:eu-west-1:{digit:12}:secret:prod/db{digit:2}-{base62:6}"`, `"name":"prod/orders/token","kms_{hex:4}id":"a"`,
			`["pat", "ado", "password", "visual{digit:2}.com", "key"]`, `[]string{"a", "password", "q{base62:12}", "b"}`, `curl a | docker run -u 10{digit:2}:10{digit:2} b`,
			`db_password: q{digit:2}`, `["login(\"{base62:20}\")", "{base62:30}"]`,
			`x := "Second pass: elim{digit:2}nate"`, `pass("q{base62:12}")`, `key = "4b{hex:6}"`, `GPG_SIGNING_KEY = "{hex:40}"`, `"aws:pass", "q{base62:12}"`,
			`h1:GqA5TC/0021KllzawFIhcdPw=,{hex:64}`, `PW: "Palau"`, `#define DB_PASSWORD q{base62:12}`, // assay:allow templates
			`{"acme-key", "acmekey: {hex:16}", "b"}`, "PW:`Palau`", `jwtKey = "{ \\"keys\\": [{\\"kid\\": \\"{base62:40}\\"}]}"`,
			`fi # $pass = dlopen`, `$_key="16*$SZ+3*{digit:1}(%rsp)"`, `'test:pass': '\u{digit:4} '`, `passValue = x || "rgb({digit:3}, 0, 0)"`, `onKey(r?.key??null)},$[{digit:2}]=onSelectKey`,
			`duringThisPass=!1,{digit:2}<=n)throw Error(`, `{password:process.env.NPM_PASSWORD||""};let{a:o{digit:2}}=b`, `<filter token="WSDL{digit:1}J_JAR" value="x"/>`,
			`f(t, "signing-key", "ed25519", "")`, `hmac_key_type_key = "aes256-gcm96"`, `url.UserPassword("git-user{digit:3}", task.Token)`,
			`RENDER_API_KEY=short_napi_word`, `password = ",.:-¨@*?!"`, `password</code>: Tomcat Manager password.`, `auth/userpass: Support giving of {digit:2}`,
			`f({properties:["name","password","blogTitle"],n:{digit:2}})`, `--set a[0].accessKey=accessKey{digit:1},a[0].secretKey=secretKey,a[0].user=b{digit:2}`,
			`{"acme-token", "x = acme_{base62:12}", "b"}`, `credentials:{digit:2}:25$`, `#  define NO_MASTER_SECRET  OP_BIT({digit:1})`, `password, salt := "password", "q{base62:9}"`, `tls.key: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t`, `Authorization: X-HMAC Credential={base62:20}/{digit:8}/0, SignedHeaders=a`,
			`passwordRegex = "^[a-z0-9]+$"`, `token = "https://host/{base62:20}"`,
		},
	} {
		for _, template := range templates {
			for seed := range uint64(30) {
				text, err := (&Rule{}).Expand(template, seed)
				if err != nil {
					t.Fatal(err)
				}
				if got := outcome(text); got != want {
					t.Errorf("%s: %s is %s, want %s", template, text, got, want)
					break
				}
			}
		}
	}
}

func TestAtPath(t *testing.T) {
	for _, c := range []struct {
		path  string
		form  form
		class nameClass
		kind  valueKind
		want  report.Confidence
	}{
		{"config/app.yaml", formBare, nameSecret, kindRandom, report.ConfidenceMedium},
		{".env", formBare, nameSecret, kindRandom, report.ConfidenceMedium},
		{"src/app.js", formBare, nameSecret, kindHuman, report.ConfidenceLow},
		{"src/app.js", formBare, nameSecret, kindRandom, report.ConfidenceMedium},
		{"src/app.js", formComment, namePassword, kindWord, report.ConfidenceLow},
		{"test/app_test.go", formQuoted, namePassword, kindWord, report.ConfidenceLow},
		{"app/app.go", formQuoted, namePassword, kindWord, report.ConfidenceMedium},
		{"doc/guide.md", formQuoted, namePassword, kindWord, report.ConfidenceLow},
		{"src/app.js", formComment, nameSecret, kindRandom, report.ConfidenceMedium},
		{"src/app.js", formQuoted, nameSecret, kindRandom, report.ConfidenceMedium},
		{"test/app_test.go", formQuoted, nameSecret, kindRandom, report.ConfidenceMedium},
		{"yarn.lock", formQuoted, nameSecret, kindRandom, report.ConfidenceLow},
		{"locales/de.json", formQuoted, nameSecret, kindRandom, report.ConfidenceLow},
		{"web/i18n/de.json", formQuoted, nameSecret, kindRandom, report.ConfidenceLow},
		{"README.md", formBare, nameToken, kindRandom, report.ConfidenceLow},
		{"README.md", formBare, nameSecret, kindRandom, report.ConfidenceMedium},
		{"README.md", formQuoted, nameToken, kindRandom, report.ConfidenceMedium},
		{"relocales/de.json", formQuoted, nameSecret, kindRandom, report.ConfidenceMedium},
		{"crypto/aes/vectors_test.go", formQuoted, nameSecret, kindHex, report.ConfidenceLow},
		{"store/store_test.go", formQuoted, nameWeak, kindHex, report.ConfidenceLow},
		{"store/store_test.go", formQuoted, nameSecret, kindHex, report.ConfidenceMedium},
		{"crypto/aes/vectors_test.go", formQuoted, nameSecret, kindRandom, report.ConfidenceMedium},
		{"crypto/aes/aes.go", formQuoted, nameSecret, kindHex, report.ConfidenceMedium},
	} {
		if got := atPath(c.path, Match{form: c.form, class: c.class, kind: c.kind, Confidence: report.ConfidenceMedium}); got != c.want {
			t.Errorf("atPath(%q, %d) = %v, want %v", c.path, c.form, got, c.want)
		}
	}
	if got := atPath("a.js", Match{form: formBare, class: nameSecret, Confidence: report.ConfidencePlaceholder}); got != report.ConfidencePlaceholder {
		t.Errorf("a placeholder became %v", got)
	}
}

func TestDescribe(t *testing.T) {
	for kind, values := range map[valueKind][]string{
		kindCode: {"/etc/passwd", "./file", "https://host/x", "server.pem", "^1.2.3", "2024-01-31", "[a-z]+x", `\x00\x01ab`, "go1.26", "gpl-3.0", "^[l-nA-C]e$", "ftp:", "%20%21%22", "%EF%BF%BD", " + name("},
		kindText: {"the quick brown fox", "пароль", `one\ntwo`, "löschen"},
		kindWord: {"background", "access_token", "DB_HOST", "accessToken", "image-pull-policy", "background-color-1"},
		kindHuman: {
			"hunter2", "Summer2024!", "super$ecret", "qzxkw", "x1y2",
		},
		kindNumber: {"12345678"},
		kindRandom: {"q7Zk2" + "mX9pL" + "w4Rt8" + "vB"},
		kindHex:    {"0a9f" + "73b1" + "c5d8" + "2e64"},
		kindUUID:   {"01234567-89ab-cdef-0123-456789abcdef"},
	} {
		for _, value := range values {
			if got := describe([]byte(value), formQuoted); got != kind {
				t.Errorf("describe(%q) = %d, want %d", value, got, kind)
			}
		}
	}
}

func TestPairInBase64(t *testing.T) {
	for text, want := range map[string]bool{
		"dXNlcjp2YWx1ZQ==": true, "dXNlcjp2YWx1ZQ": true, "dXNlcg==": false, "configuration": false, "dXNlcjo=": false, "": false,
	} {
		if got := pairInBase64([]byte(text)); got != want {
			t.Errorf("pairInBase64(%q) = %v", text, got)
		}
	}
}

func tablesOnly() *Model { return nil }
