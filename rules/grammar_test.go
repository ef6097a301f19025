package rules

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The keyword of a case stands between angle quotes; want is what the grammar
// reads, "" for nothing.
var grammarCases = []struct {
	grammar, text, want string
	form                form
}{
	// Assignments in code.
	{"assignment", `«password» = "value"`, "value", formQuoted},
	{"assignment", `"db_«password»": 'value',`, "value", formQuoted},
	{"assignment", `«password» => "va\"lue"`, `va\"lue`, formQuoted},
	{"assignment", `«password» := "value"`, "value", formQuoted},
	{"assignment", `if («password» == "value") {`, "value", formQuoted},
	{"assignment", `if ("value" === «password») {`, "value", formQuoted},
	{"assignment", `let «password»: &'static str = "value";`, "value", formQuoted},
	{"assignment", `var «password» string = "value"`, "value", formQuoted},
	{"assignment", `char «password»[16] = "value";`, "value", formQuoted},
	{"assignment", `config["«password»"] = "value"`, "value", formQuoted},
	{"assignment", `«password» = Some("value")`, "value", formQuoted},
	{"assignment", `«password» = new String("value")`, "value", formQuoted},
	{"assignment", `«password» = b'value'`, "value", formQuoted},
	{"assignment", `«password» = @"value"`, "value", formQuoted},
	{"assignment", `«password» = """value"""`, "value", formQuoted},
	{"assignment", "«password» = `value`", "value", formBacktick},
	{"assignment", `«password» = getenv("NAME", "value")`, "value", formQuoted},
	{"assignment", `«password» = getenv("NAME")`, "", 0},
	{"assignment", `«secret», err := hex.DecodeString("value")`, "value", formQuoted},
	{"assignment", `«password»` + strings.Repeat(" ", 50) + `= "value"`, "value", formQuoted},
	{"assignment", `set«Password»("value")`, "value", formCall},
	{"assignment", `put("«password»", "value")`, "value", formPair},
	{"assignment", `setopt(curl, CURLOPT_«PASSWORD», "value")`, "value", formPair},
	{"assignment", `f(«password», "value")`, "", 0},
	{"assignment", `log("no «password»")`, "", 0},
	{"assignment", `«password» = "value`, "", 0},
	{"assignment", `string «Password» { get; set; } = "value";`, "value", formQuoted},
	{"assignment", `Dim «password» As String = "value"`, "value", formQuoted},
	{"assignment", `my $«password» = q{value};`, "value", formQuoted},
	{"assignment", `«password» <- "value"`, "value", formQuoted},
	{"assignment", `(def «password» "value")`, "value", formFlag},
	{"assignment", `«secret» = []byte("value")`, "value", formQuoted},
	{"assignment", `«password» = ENV.fetch("NAME") { "value" }`, "value", formQuoted},
	{"assignment", `«password» = getenv("NAME") || "value"`, "value", formQuoted},
	{"assignment", `return "value".equals(«password»)`, "value", formQuoted},
	{"assignment", `«password».equals("value")`, "value", formCall},
	{"assignment", `with«Password»("value")`, "value", formCall},
	{"assignment", `«auth» = ("user", "value")`, "value", formQuoted},
	{"assignment", `std::string «password»{"value"};`, "value", formCall},
	{"assignment", "root«pw» v1lue", "v1lue", formBare},
	{"assignment", "kpas«swd» 464/tcp", "", 0},
	{"assignment", "**«Password»:** v1lue", "v1lue", formComment},
	{"assignment", "| «Password» | v1lue |", "v1lue", formBare},
	{"assignment", `<param name="«password»" id="x" value="value"/>`, "value", formPair},
	{"assignment", `<property name="«password»">value</property>`, "value", formElement},
	{"assignment", `<«password» type="x">value</password>`, "value", formElement},
	{"assignment", "<«password»><![CDATA[value]]></password>", "value", formElement},
	// Text inside text.
	{"assignment", `"{\"«password»\": \"value\"}"`, "value", formQuoted},
	{"assignment", `{&quot;«password»&quot;: &quot;value&quot;}`, "value", formQuoted},
	{"assignment", `s:8:"«password»";s:5:"value";`, "value", formQuoted},
	{"assignment", `"user=a\n«password»=value\n"`, "value", formQuery},
	// Configuration files.
	{"assignment", "«password»: value", "value", formBare},
	{"assignment", "«password»=!value", "!value", formBare},
	{"assignment", "# «password»: value", "value", formComment},
	{"assignment", "export «PASSWORD»=value # why", "value", formBare},
	{"assignment", "http://host/?a=b&«token»=value&c=d", "value", formQuery},
	{"assignment", "Server=x;«Password»=value;Database=y", "value", formQuery},
	{"assignment", "id:user,«pw:»value", "value", formQuery},
	{"assignment", "${«PASSWORD»:-value}", "value", formBare},
	{"login", "machine x «login» y password value", "value", formFlag},
	{"login", "machine x\n  «login» y\n  password value\n", "value", formFlag},
	{"login", "«login» y password\nvalue", "", 0},
	{"login", "x«login» y password value", "", 0},
	{"assignment", "ENV «PASSWORD» value", "value", formFlag},
	{"assignment", `#define «PASSWORD» "value"`, "value", formFlag},
	{"assignment", "tool --«password» value", "value", formFlag},
	{"assignment", "tool --«password»=value", "value", formBare},
	{"assignment", "Get-Thing -«Password» value", "value", formFlag},
	{"assignment", "the «password» value", "", 0},
	{"assignment", "«password»::reset", "", 0},
	{"assignment", "if «password» == other {", "", 0},
	{"assignment", "https://«token»:x@host", "", 0},
	// XML.
	{"assignment", "<«password»>value</password>", "value", formElement},
	{"assignment", `<add key="«password»" value="value"/>`, "value", formPair},
	{"assignment", `<user «password»="value"/>`, "value", formQuoted},
	{"assignment", "<«password»>\n</password>", "", 0},
	// Headers.
	{"assignment", "«Auth»orization: Token value", "value", formHeader},
	{"assignment", `"«Auth»orization": "ApiKey value"`, "value", formHeader},
	{"basic-auth", "Authorization: «Basic» dXNlcjp2YWx1ZQ==", "dXNlcjp2YWx1ZQ==", formBasic},
	{"basic-auth", "a «basic» configuration", "", 0},
	{"bearer-auth", "Authorization: «Bearer» value", "value", formHeader},
	{"bearer-auth", `"«Bearer» " + token`, "", 0},
	// URLs.
	{"url-userinfo", "redis«://»:value@host/0", "value", formURL},
	{"url-userinfo", "db«://»user:v@lue@host:5432/x", "v@lue", formURL},
	{"url-userinfo", "smtp«://»user@mail.host:value@host", "value", formURL},
	{"url-userinfo", "http«://»host:8080/a@b", "", 0},
	{"url-userinfo", "http«://»user@host:8080/", "", 0},
	{"url-userinfo", "«://»user:value@host", "", 0},
	// Commands.
	{"user-option", "curl« -u» user:value http://host", "value", formUser},
	{"user-option", `curl «--user» "user:value" http://host`, "value", formUser},
	{"user-option", "docker run« -u» user:group image", "", 0},
	{"password-cmd", "«mysql» -u root -pvalue", "value", formUser},
	{"password-cmd", "«mysql» -u root -p value", "", 0},
	{"password-cmd", "«sshpass» -p 'value' ssh host", "value", formUser},
	{"argument", "ConvertTo-«SecureString» 'value' -Force", "value", formLiteral},
	{"argument", `ConvertTo-«SecureString» -String "value"`, "value", formLiteral},
	{"argument", `«TOTP.new»("value")`, "value", formLiteral},
	{"argument", "ConvertTo-«SecureString» $value", "", 0},
	{"second", `new Network«Credential(»"user", "value")`, "value", formLiteral},
	{"second", "get(url, «auth=(»'user', 'value'))", "value", formLiteral},
	{"second", "get(url, «auth=(»user, value))", "", 0},
	{"password-cmd", "«sshpass» -pvalue ssh host", "value", formUser},
	{"password-cmd", "«htpasswd» -bc /etc/htpasswd user value", "value", formUser},
	{"password-cmd", "«htpasswd» /etc/htpasswd user", "", 0},
	{"password-cmd", "docker «login »-u user -p value host", "value", formUser},
	{"password-cmd", "docker «login »host -p", "", 0},
	{"password-cmd", `«net use »Z: \\\\host\\share value /user:u`, "value", formUser},
	{"password-cmd", "«net user »name /delete", "", 0},
	{"password-cmd", "«smbclient» //host/share -U user%value", "value", formUser},
	{"password-cmd", "«smbclient» //host/share -U user", "", 0},
	{"password-cmd", "«rabbitmqctl» add_user user value", "value", formUser},
	{"password-cmd", "«rabbitmqctl» set_user_tags user value", "", 0},
	{"password-cmd", "«zip -»r out.zip folder", "", 0},
	{"piped", "echo value | docker login «--password-stdin»", "value", formUser},
	{"piped", `echo "user:value" | «chpasswd»`, "value", formUser},
	{"piped", "cat file | docker login «--password-stdin»", "", 0},
	{"piped", `"value" «| convertto-securestring»`, "value", formLiteral},
	{"third", `«getConnection(»url, "user", "value")`, "value", formLiteral},
	{"third", `«getConnection(»f(a, "b"), "user", "value")`, "value", formLiteral},
	{"third", `«getConnection(»url, user, password)`, "", 0},
	{"second", `«jwt.sign(»{ id: 1, role: "x" }, 'value')`, "value", formLiteral},
	{"second", `«login(»'anonymous', 'value')`, "", 0},
	// Data source names.
	{"dsn", "user:value«@tcp(»host:3306)/db", "value", formURL},
	{"dsn", "jdbc:«oracle:thin:»user/value@host:1521:x", "value", formURL},
	{"dsn", "jdbc:«oracle:thin:»@host:1521:x", "", 0},
	{"dsn", "«sqlplus» -s user/value@db", "value", formURL},
	{"pgpass", "host«:5432:»db:user:value", "value", formURL},
	{"pgpass", "host«:5432:»db:user", "", 0},
	{"pgpass", "arn:aws:s3«:*:»1:x/value", "", 0},
	// The value in a field of its own.
	{"field", "- name: DB_«PASSWORD»\n  value: value", "value", formBare},
	{"field", "- value: value\n  name: DB_«PASSWORD»", "value", formBare},
	{"field", "- name: DB_«PASSWORD»\n- name: X\n  value: value", "", 0},
	{"field", "- name: DB_«PASSWORD»\n  valueFrom:\n    value: value", "", 0},
	{"field", `{"value": "value", "name": "DB_«PASSWORD»"}`, "value", formQuoted},
	{"field", `{"name": "DB_«PASSWORD»"}, {"value": "value"}`, "", 0},
	{"field", "<name>«password»</name>\n<value>value</value>", "value", formElement},
	{"field", "<key>«password»</key>\n<string>value</string>", "value", formElement},
	{"field", "variable \"«password»\" {\n  type = string\n  default = \"value\"\n}", "value", formQuoted},
	{"field", "variable \"«password»\" {\n}\n  default = \"value\"\n", "", 0},
	{"field", "Db«Password»:\n  NoEcho: true\n  Default: value", "value", formBare},
	{"field", "Db«Password»:\n  NoEcho: true\nDefault: value", "", 0},
	{"field", "<«password»>\n  value\n</password>", "value", formElement},
	// SQL.
	{"sql-password", "CREATE USER a «IDENTIFIED» BY 'value'", "value", formSQL},
	{"sql-password", "ALTER USER a «IDENTIFIED» WITH plugin BY 'value'", "value", formSQL},
	{"sql-password", "CREATE ROLE a LOGIN «PASSWORD» 'value'", "value", formSQL},
	{"sql-password", "CREATE LOGIN a WITH «PASSWORD» = N'value'", "", 0}, // an assignment
	{"sql-password", "SET «PASSWORD» FOR 'a'@'%' = 'value'", "value", formSQL},
	{"sql-password", "the «password» 'value'", "", 0},
	{"sql-password", "rows «identified» by name", "", 0},
	// Keys.
	{"jwk", `{"«kty»":"oct","k":"0123456789abcdef"}`, "0123456789abcdef", formLiteral},
	{"jwk", `{d: '0123456789abcdef', «kty»: 'EC'}`, "0123456789abcdef", formLiteral},
	{"jwk", `{"«kty»":"EC","x":"0123456789abcdef"}`, "", 0},
}

func TestGrammars(t *testing.T) {
	for _, c := range grammarCases {
		hit := strings.Index(c.text, "«")
		end := strings.Index(c.text, "»") - len("«")
		data := []byte(strings.NewReplacer("«", "", "»", "").Replace(c.text))
		got, ok := grammars[c.grammar].read(data, hit, end)
		if !ok {
			if c.want != "" {
				t.Errorf("%s: %s: nothing read, want %q", c.grammar, c.text, c.want)
			}
			continue
		}
		if value := string(got.value(data)); value != c.want || got.form != c.form {
			t.Errorf("%s: %s: read %q as form %d, want %q as form %d", c.grammar, c.text, value, got.form, c.want, c.form)
		}
	}
}

// checkGrammar runs a grammar and the judgement of what it read.
func checkGrammar(t interface{ Fatalf(string, ...any) }, name string, data []byte, hit, end int) {
	c, ok := grammars[name].read(data, hit, end)
	if !ok {
		return
	}
	if c.start < 0 || c.start >= c.end || c.end > len(data) || c.nameStart < 0 || c.nameStart > c.nameEnd || c.nameEnd > len(data) {
		t.Fatalf("%s: offsets %+v in %d bytes", name, c, len(data))
	}
	judge(builtinModel, data, c)
}

// fragments are what the texts of the property test are made of: the bytes that
// grammars look for.
var fragments = []string{
	"password", "Authorization", "Basic", "kty", "identified by ", "://", " -u", "curl", "mysql", "net use ", "login ", "echo ", "|", ":5432:", "@tcp(", "name", "Default", "value", "k", "d", "x1",
	" ", "\t", "\n", "=", ":", ":=", "=>", ",", ";", "(", ")", "[", "]", "{", "}", "<", ">", "</", "/", "\\", `"`, "'", "`", "@", "%", "$", "${", "&quot;", "-", "--", "ü", "\x00", "\xff",
}

func TestGrammarsStayInside(t *testing.T) {
	names := make([]string, 0, len(grammars))
	for name := range grammars {
		names = append(names, name)
	}
	slices.Sort(names)
	rapid.Check(t, func(t *rapid.T) {
		data := []byte(strings.Join(rapid.SliceOfN(rapid.SampledFrom(fragments), 1, 40).Draw(t, "text"), ""))
		hit := rapid.IntRange(0, len(data)).Draw(t, "hit")
		end := rapid.IntRange(hit, len(data)).Draw(t, "end")
		checkGrammar(t, rapid.SampledFrom(names).Draw(t, "grammar"), data, hit, end)
	})
}

func FuzzGrammars(f *testing.F) {
	for _, c := range grammarCases {
		f.Add(c.grammar, []byte(c.text), 3, 9)
	}
	f.Fuzz(func(t *testing.T, name string, data []byte, hit, end int) {
		if grammars[name].read == nil || hit < 0 || hit > end || end > len(data) {
			t.Skip()
		}
		checkGrammar(t, name, data, hit, end)
	})
}

func TestGrammarsAllocateNothing(t *testing.T) {
	for _, c := range grammarCases {
		data := bytes.NewBufferString(strings.NewReplacer("«", "", "»", "").Replace(c.text)).Bytes()
		hit, end := strings.Index(c.text, "«"), strings.Index(c.text, "»")-len("«")
		n := testing.AllocsPerRun(10, func() {
			if r, ok := grammars[c.grammar].read(data, hit, end); ok {
				judge(builtinModel, data, r)
			}
		})
		if n != 0 {
			t.Errorf("%s: %s: %v allocations", c.grammar, c.text, n)
		}
	}
}

func BenchmarkAssignment(b *testing.B) {
	for name, text := range map[string]string{
		"miss":   "	return errors.New(\"no password for this user\")\n",
		"lookup": "	password := os.Getenv(\"DB_PASSWORD\")\n",
		"quoted": "	password := \"aB3" + strings.Repeat("q7", 6) + "\"\n",
		"bare":   "  password: aB3" + strings.Repeat("q7", 6) + "\n",
	} {
		data := []byte(text)
		hit := bytes.Index(data, []byte("password"))
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if c, ok := readAssignment(data, hit, hit+8); ok {
					judge(builtinModel, data, c)
				}
			}
		})
	}
}
