package rules

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/assayhq/assay/report"
)

// forms are ways in which people write credentials, one a line, with § where
// the value stands. All of them are found at the default gate.
const forms = `
# Quoted in code.
const password = "§";
let dbPassword = '§'
private static final String PASSWORD = "§";
var password string = "§"
DB_PASSWORD: Final[str] = "§"
$config['db']['password'] = '§';
define('DB_PASSWORD', '§');
@password = "§"
:password => "§",
password: "§",
val password: String = "§"
let password: &str = "§";
std::string password = "§";
std::string password("§");
std::string password{"§"};
char password[] = "§";
NSString *password = @"§";
password = R"(§)";
password := ` + "`§`" + `
PASSWORD = u'§'
password = ("§")
password = f"§"
string Password { get; set; } = "§";
connect(user="app", password="§")
connect({ user: 'app', password: '§' })
cfg.set("password", "§")
System.setProperty("db.password", "§");
os.environ["DB_PASSWORD"] = "§"
os.environ.setdefault("DB_PASSWORD", "§")
os.Setenv("DB_PASSWORD", "§")
process.env.DB_PASSWORD = '§';
process.env.DB_PASSWORD || '§'
const pw = process.env.DB_PASSWORD ?? "§";
password = os.getenv("DB_PASSWORD", "§")
password = os.environ.get('DB_PASSWORD') or '§'
password = ENV.fetch("DB_PASSWORD") { "§" }
password = ENV['DB_PASSWORD'] || '§'
$password = getenv('DB_PASSWORD') ?: '§';
'password' => env('DB_PASSWORD', '§'),
@Value("${db.password:§}")
{"password", "§"},
{ "DB_PASSWORD" => "§" }
map.put("password", "§");
("password", "§")
["password", "§"]
options.Password = "§";
.withPassword("§")
.password("§")
builder.Password("§")
.setPassword("§".toCharArray());
var jwtSecret = []byte("§")
var jwtSecret = []byte(` + "`§`" + `)
password = "§".toCharArray();
password: ["§"]
password = ["§"]
passwords = ["§", "x"]
credentials = ("admin", "§")
if password == "§":
if (password.equals("§")) {
if ("§".equals(password)) {
if (strcmp(password, "§") == 0) {
assert cfg['password'] == '§'
password = "§"  # noqa
my $password = q{§};
my $password = q(§);
our $password = '§';
(def password "§")
(setq password "§")
:password "§"
(define password "§")
password <- "§"
Password ="§"
Const password As String = "§"
Dim password As String = "§"
password := '§'
# SQL.
CREATE USER a IDENTIFIED BY '§';
CREATE USER 'a'@'%' IDENTIFIED WITH mysql_native_password BY '§';
create user a identified by §;
create user a identified by "§";
ALTER USER a IDENTIFIED BY "§" REPLACE "x";
GRANT ALL ON *.* TO 'a'@'%' IDENTIFIED BY '§';
CREATE USER a WITH PASSWORD '§';
CREATE USER a WITH ENCRYPTED PASSWORD '§';
CREATE USER a PASSWORD '§';
CREATE ROLE a WITH LOGIN PASSWORD '§';
ALTER USER a WITH PASSWORD '§';
ALTER ROLE a PASSWORD '§' VALID UNTIL 'infinity';
ALTER USER a SET PASSWORD '§';
CREATE LOGIN a WITH PASSWORD = '§';
CREATE LOGIN a WITH PASSWORD = N'§', CHECK_POLICY = OFF;
CREATE LOGIN [a] WITH PASSWORD=N'§'
ALTER LOGIN sa WITH PASSWORD = '§';
CREATE USER a WITH PASSWORD = '§';
SET PASSWORD FOR 'a'@'%' = PASSWORD('§');
SET PASSWORD = PASSWORD('§');
SET PASSWORD FOR a = '§';
UPDATE mysql.user SET Password=PASSWORD('§') WHERE User='root';
UPDATE mysql.user SET authentication_string=PASSWORD('§') WHERE User='root';
UPDATE users SET password = '§' WHERE id = 1;
CREATE DATABASE LINK l CONNECT TO u IDENTIFIED BY "§" USING 'x';
CREATE MASTER KEY ENCRYPTION BY PASSWORD = '§';
OPEN SYMMETRIC KEY k DECRYPTION BY PASSWORD = '§';
CREATE CREDENTIAL c WITH IDENTITY = 'u', SECRET = '§';
CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (user 'u', password '§');
CREATE USER MAPPING FOR u SERVER s OPTIONS (user 'u', password '§');
EXEC sp_addlogin 'u', '§';
EXEC sp_addlinkedsrvlogin @rmtuser='u', @rmtpassword='§';
CHANGE MASTER TO MASTER_USER='u', MASTER_PASSWORD='§';
CREATE USER u WITH PASSWORD '§' SUPERUSER;
db.createUser({ user: "u", pwd: "§", roles: [] })
db.auth("u", "§")
db.changeUserPassword("u", "§")
dblink('host=h user=u password=§', 'x')
\set POSTGRES_PASS §
# Terraform, CloudFormation.
variable "db_password" {⏎  default = "§"⏎}
variable "db_password" { default = "§" }
variable "db_password" {⏎  type        = string⏎  description = "The password of the database"⏎  default     = "§"⏎}
  DbPassword:⏎    Type: String⏎    NoEcho: true⏎    Default: §
  DbPassword:⏎    NoEcho: true⏎    Type: String⏎    Default: "§"
"DbPassword": { "Type": "String", "NoEcho": true, "Default": "§" }
"DbPassword": {⏎  "Type": "String",⏎  "NoEcho": "true",⏎  "Default": "§"⏎}
MasterUserPassword: §
"adminPassword": { "value": "§" }
"adminPassword": {⏎  "value": "§"⏎}
"adminPassword": {⏎  "type": "securestring",⏎  "defaultValue": "§"⏎}
param adminPassword string = '§'
secret_string = "§"
secret_string = jsonencode({ "password" : "§" })
master_password = "§"
SecretString: '{"username":"u","password":"§"}'
stringData:⏎  password: §
  password:⏎    value: §
db_password:⏎  value: "§"
parameters:⏎- name: DB_PASSWORD⏎  description: x⏎  value: §
# Headers and calls.
Authorization: Bearer §§
Authorization: Token §§
Authorization: token §§
"Authorization": "Bearer §§"
'Authorization' => 'Bearer §§'
headers.set("Authorization", "Bearer §§")
req.Header.Set("Authorization", "Bearer §§")
req.Header.Add("X-Api-Key", "§§")
xhr.setRequestHeader('Authorization', 'Token §§');
request.AddHeader("authorization", "Bearer §§");
client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "§§");
X-Api-Key: §§
X-Auth-Token: §§
Api-Key: §§
api_key=§§
apikey: §§
Ocp-Apim-Subscription-Key: §§
Cookie: session_token=§§
X-Vault-Token: §§
req.SetBasicAuth("u", "§")
new UsernamePasswordCredentials("u", "§")
new NetworkCredential("u", "§")
HTTPBasicAuth("u", "§")
auth=("u", "§")
auth: ['u', '§']
auth: { user: 'u', pass: '§' }
auth: { username: 'u', password: '§' }
.auth('u', '§')
.basicAuth("u", "§")
http_basic_authenticate_with name: "u", password: "§"
http.basic_auth 'u', '§'
DriverManager.getConnection("jdbc:x", "u", "§");
DriverManager.getConnection(url, "root", "§")
mysql_connect("h", "u", "§")
mysqli_connect("h", "u", "§", "d")
new mysqli("h", "u", "§", "d")
new PDO("mysql:host=h", "u", "§")
new PDO($dsn, 'u', '§')
MySQLdb.connect("h", "u", "§", "d")
pymysql.connect(host='h', user='u', passwd='§')
DBI->connect("dbi:mysql:d", "u", "§")
smtp.login("u@x.de", "§")
server.login('u', '§')
ftp.login("u", "§")
ftp_login($c, 'u', '§')
imap_open("{h}", "u", "§")
smtp.PlainAuth("", "u", "§", "h")
ssh.connect(h, username='u', password='§')
ssh.Password("§")
new SqlConnection("Server=h;User Id=u;Password=§")
Fernet(b"§§§=")
jwt.encode({"a": 1}, "§", algorithm="HS256")
jwt.sign({ id: 1 }, '§')
jwt.sign(payload, "§", { expiresIn: '1h' })
jwt.verify(token, '§')
jwt.decode(t, "§", algorithms=["HS256"])
hmac.new(b"§", msg, sha256)
crypto.createHmac('sha256', '§')
new SecretKeySpec("§".getBytes(), "AES")
Keys.hmacShaKeyFor("§§§".getBytes())
session({ secret: '§' })
cookieParser('§')
app.secret_key = '§'
# Others.
otpauth://totp/x?secret=§
totp_secret = "§"
pyotp.TOTP("§")
two_factor_secret: §
secret_key_base: §§§
wpa_passphrase=§
wpa-psk "§"
psk="§"
PresharedKey = §§§=
PrivateKey = §§§=
[user]⏎password=§
api_key: '§§'
pass=§
pwd: §
passwd=§
passphrase: §
PASS = "§"
user:u pass:§
login: u / password: §
Login u, Passwort: §
Kennwort: §
Username: u⏎Password: §
* Password: ` + "`§`" + `
| password | § |
| Password | ` + "`§`" + ` |
**Password:** §
<b>Password:</b> §
`

// TestForms holds that the ways of writing a credential are read, whatever the
// grammar that does, and that just the value is. ⏎ is a line break.
func TestForms(t *testing.T) {
	set := compileBuiltin(t)
	rng := rand.New(rand.NewPCG(3, 9))
	for line := range strings.Lines(forms + formsInFiles) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "# ") && !strings.Contains(line, "§") {
			continue
		}
		var text strings.Builder
		start, end := -1, -1 // of the first value
		for _, r := range line {
			at := text.Len()
			switch r {
			case '⏎':
				text.WriteByte('\n')
			case '§':
				text.WriteString(randomText(rng, templateClasses["lower"], 1) + randomText(rng, templateClasses["base62"], 12) + "q7")
				if start < 0 {
					start = at
				}
				if end < 0 || end == at {
					end = text.Len()
				}
			default:
				text.WriteRune(r)
			}
		}
		if !covered(set.Find(nil, []byte(text.String())), start, end) {
			t.Errorf("%s: not read", line)
		}
	}
}

// covered reports whether one of found is data[start:end], or that with the padding
// of base64, and no placeholder.
func covered(found []Match, start, end int) bool {
	return slices.ContainsFunc(found, func(m Match) bool {
		return m.Start == start && m.End >= end && m.End <= end+2 && m.Confidence > report.ConfidencePlaceholder
	})
}
