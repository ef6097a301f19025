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
# Unquoted in configuration.
password: §
password=§
password = §
password	§
password §
db.password=§
spring.datasource.password: §
requirepass §
masterauth §
bind_password §
rootpw §
ldap_bind_pw = §
bindpw §
smtp_password = §
- password: §
- DB_PASSWORD=§
  - name: DB_PASSWORD=§
export DB_PASSWORD=§
export DB_PASSWORD='§'
set DB_PASSWORD=§
set "DB_PASSWORD=§"
setx DB_PASSWORD §
setenv DB_PASSWORD §
$env:DB_PASSWORD = "§"
$Env:DB_PASSWORD='§'
set -x DB_PASSWORD §
declare -x DB_PASSWORD="§"
readonly DB_PASSWORD=§
local password=§
A=1 DB_PASSWORD=§ B=2 ./run
env DB_PASSWORD=§ ./run
USER=x PASSWORD=§ HOST=y
ENV DB_PASSWORD=§
ENV DB_PASSWORD §
ENV A=b DB_PASSWORD=§ C=d
ARG DB_PASSWORD=§
SetEnv DB_PASSWORD §
fastcgi_param DB_PASSWORD §;
env DB_PASSWORD=§;
Environment=DB_PASSWORD=§
Environment="DB_PASSWORD=§"
docker run -e DB_PASSWORD=§ image
docker run -e "DB_PASSWORD=§" image
docker run --env DB_PASSWORD=§ image
docker build --build-arg DB_PASSWORD=§ .
helm install x --set auth.password=§
helm upgrade --set-string db.password=§,db.user=x
kubectl create secret generic db --from-literal=password=§
kubectl create secret generic db --from-literal password=§
kubectl create secret docker-registry r --docker-password=§
terraform apply -var 'db_password=§'
terraform apply -var="db_password=§"
-Ddb.password=§
java -Ddb.password=§ -jar x.jar
mvn -Dsonar.login=x -Dsonar.password=§
[Environment]::SetEnvironmentVariable("DB_PASSWORD", "§")
heroku config:set DB_PASSWORD=§
fly secrets set DB_PASSWORD=§
gh secret set DB_PASSWORD --body "§"
gh secret set DB_PASSWORD -b"§"
aws ssm put-parameter --name /db/password --value "§" --type SecureString
aws secretsmanager create-secret --name db --secret-string '{"username":"app","password":"§"}'
aws secretsmanager create-secret --name db --secret-string "{\"username\":\"app\",\"password\":\"§\"}"
aws secretsmanager create-secret --name db --secret-string §
aws secretsmanager put-secret-value --secret-id x --secret-string "§"
aws rds create-db-instance --master-user-password §
aws rds create-db-instance --master-username app --master-user-password '§'
az sql server create --admin-user app --admin-password §
az keyvault secret set --vault-name v --name db --value "§"
gcloud sql users set-password root --password=§
vault kv put secret/db password=§
vault login -method=userpass username=app password=§
redis-cli -h h -a §
redis-cli -a '§' ping
redis-server --requirepass §
docker login -u user -p §
docker login -u user -p '§' registry.internal
docker login --username user --password §
podman login -u user -p § registry.internal
helm registry login -u user -p § registry.internal
echo § | docker login -u user --password-stdin
echo "§" | docker login -u user --password-stdin
echo '§' | sudo -S ls
echo "root:§" | chpasswd
echo root:§ | chpasswd
echo -e "§\n§" | passwd root
echo "§" | passwd --stdin root
usermod -p '§' root
mysql -u root -p§
mysql -uroot -p§ db
mysql -u root -p'§' db
mysql -u root --password=§ db
mysqldump -u root -p§ db > x.sql
mysqladmin -u root password '§'
mysqladmin -u root -pold password §
mariadb -u root -p§
mongo -u root -p §
mongo admin -u root -p '§' --eval x
mongosh --username root --password §
mongodump --username root --password="§"
psql "host=h user=u password=§ dbname=d"
PGPASSWORD=§ psql -h h
PGPASSWORD='§' pg_dump -h h
export PGPASSWORD="§"
sqlcmd -S h -U sa -P §
sqlcmd -S h -U sa -P "§" -Q "x"
/opt/mssql-tools/bin/sqlcmd -S localhost -U SA -P '§'
bcp t out f -S h -U sa -P §
sqlplus scott/§@db
sqlplus system/§@//host:1521/x
curl -u admin:§ http://h/
curl -uadmin:§ http://h/
curl -u 'admin:§' http://h/
curl -su admin:§ http://h/
curl --user admin:§ http://h/
curl --user=admin:§ http://h/
curl --proxy-user admin:§ http://h/
curl -U admin:§ http://h/
curl -X POST -u "admin:§" http://h/
curl -H "Authorization: Bearer §§" http://h/
curl -H "X-Api-Key: §§" http://h/
curl -H 'X-Auth-Token: §§' http://h/
curl -H 'PRIVATE-TOKEN: §§' http://h/
curl -d "username=a&password=§" http://h/
curl -d '{"username":"a","password":"§"}' http://h/
curl --data-urlencode "password=§" http://h/
curl -F password=§ http://h/
wget --user=a --password=§ http://h/
wget --http-password=§ http://h/
http -a admin:§ http://h/
https --auth admin:§ GET http://h/
sshpass -p § ssh h
sshpass -p '§' scp a b
sshpass -p§ ssh h
export SSHPASS=§
ldapsearch -x -D cn=a -w §
ldapsearch -x -D "cn=admin,dc=x" -w '§' -b dc=x
ldapadd -x -D cn=admin -w § -f x.ldif
ldapmodify -D cn=a -w § -f x
net use Z: \\host\share /user:dom\u §
net use \\host\share § /user:dom\u
net user app § /add
net user administrator §
cmdkey /add:h /user:u /pass:§
runas /user:x /password:§
schtasks /create /ru u /rp §
psexec \\h -u u -p §
winexe -U user%§ //host cmd
smbclient //h/s -U user%§
mount -t cifs //h/s /m -o username=u,password=§
//h/s /m cifs username=u,password=§,uid=1 0 0
rpcclient -U "user%§" h
xfreerdp /u:user /p:§ /v:h
rdesktop -u user -p § h
openssl genrsa -passout pass:§ 2048
openssl rsa -in k -passin pass:§
openssl pkcs12 -export -passout pass:§ -in c
openssl enc -aes-256-cbc -k § -in a
openssl enc -aes-256-cbc -pass pass:§ -in a
gpg --batch --passphrase § -d x
gpg --batch --passphrase "§" -d x
ssh-keygen -t rsa -N "§" -f k
ssh-keygen -N '§' -f k
keytool -genkey -storepass § -keypass x1
keytool -importkeystore -srcstorepass § -deststorepass §
jarsigner -storepass § x.jar a
zip -P § a.zip b
unzip -P § a.zip
unzip -P'§' a.zip
7z x -p§ a.7z
7z a -p'§' a.7z b
unrar x -p§ a.rar
htpasswd -b -c f user §
htpasswd -cb f user §
htpasswd -bc f user '§'
rabbitmqctl add_user u §
rabbitmqctl change_password u §
svn co --username u --password § http://h
hg --config auth.x.password=§
ansible-playbook -e "ansible_password=§"
ansible-playbook --extra-vars "db_password=§ x=y"
snmpwalk -v3 -A § -X §x h
nmcli dev wifi connect ssid password §
nmcli dev wifi connect ssid password "§"
wpa_passphrase ssid §
lftp -u user,§ ftp://h
lftp -u user,§ sftp://h
ftp://user:§@h/x
twine upload -u u -p § dist/*
npm config set //r.internal/:_authToken §§
npm config set _auth §§
//registry.npmjs.org/:_authToken=§§
_password=§§
//r.internal/:_password="§§"
pip config set x https://u:§@h/simple
composer config http-basic.h u §
poetry config http-basic.h u §
nuget sources add -Name n -Username u -Password §
nuget setapikey §§
sentry-cli --auth-token §§
New-Object System.Management.Automation.PSCredential("u", (ConvertTo-SecureString "§" -AsPlainText -Force))
ConvertTo-SecureString -String "§" -AsPlainText -Force
ConvertTo-SecureString -AsPlainText "§" -Force
ConvertTo-SecureString -AsPlainText -Force -String '§'
ConvertTo-SecureString -Force -AsPlainText '§'
"§" | ConvertTo-SecureString -AsPlainText -Force
Connect-VIServer -Server h -User u -Password §
net.core -Password "§"
New-LocalUser -Name u -Password '§'
# Several pairs, fields.
user: x, password: §, host: y
user=x;password=§;host=y
host=h port=5432 user=u password=§ dbname=d sslmode=disable
host=h user=u password='§' dbname=d
"host=h user=u password=§ dbname=d"
Server=h;Database=d;User Id=u;Password=§;
Server=h;Uid=u;Pwd=§;
"Server=h;Uid=u;Pwd=§"
Data Source=h;Initial Catalog=d;User ID=u;Password=§;Encrypt=True
DRIVER={ODBC Driver 17 for SQL Server};SERVER=h;UID=u;PWD=§
connectionString="Data Source=h;User ID=u;Password=§;"
"DefaultConnection": "Server=h;Database=d;User=sa;Password=§;TrustServerCertificate=True"
connectionString='Server=h;User Id=u;Password="§";'
Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=k;SharedAccessKey=§§§=
DefaultEndpointsProtocol=https;AccountName=a;AccountKey=§§§==;EndpointSuffix=core.windows.net
AccountEndpoint=https://x;AccountKey=§§§==;
host.name,password=§,ssl=True,abortConnect=False
cache.redis.cache.windows.net:6380,password=§§=,ssl=True
jdbc:postgresql://h:5432/d?user=u&password=§
jdbc:postgresql://h/d?user=u&password=§&ssl=true
jdbc:sqlserver://h:1433;databaseName=d;user=u;password=§;
jdbc:oracle:thin:u/§@h:1521:x
jdbc:oracle:thin:u/§@//h:1521/x
jdbc:mysql://u:§@h/d
jdbc:mysql://h/d?user=u&amp;password=§
jdbc:db2://h:50000/d:user=u;password=§;
u:§@tcp(127.0.0.1:3306)/d
"u:§@tcp(h:3306)/d?parseTime=true"
u:§@unix(/tmp/mysql.sock)/d
sql.Open("mysql", "u:§@tcp(h)/d")
oracle://u:§@h:1521/x
mongodb://u:§@h:27017/d
mongodb+srv://u:§@c.mongodb.net/d
mongodb://u:§@a:1,b:2/d?replicaSet=r
redis://:§@h:6379/0
rediss://default:§@h:6380
amqp://u:§@h:5672/v
amqps://u:§@h
mssql+pyodbc://u:§@h/d?driver=x
mysql+pymysql://u:§@h/d
postgresql+asyncpg://u:§@h/d
postgres://u:§@h/d?sslmode=disable
sqlserver://u:§@h:1433?database=d
sqlserver://h:1433;user=u;password=§
ldap://cn=a:§@h
ldaps://u:§@h
smtp://u%40x:§@h:587
imaps://u:§@h
nats://u:§@h:4222
mqtt://u:§@h
kafka://u:§@h
clickhouse://u:§@h:9000/d
clickhouse://h:9000?username=u&password=§
tcp://h:9000?username=u&password=§
cockroachdb://u:§@h
neo4j+s://u:§@h
bolt://u:§@h
elasticsearch://u:§@h
https://u:§@h/x.git
https://oauth2:§@h/x.git
https://:§@h/x.git
ssh://u:§@h
sftp://u:§@h
socks5://u:§@h:1080
http://u:§@proxy:8080
rtsp://u:§@h/1
rtmp://u:§@h
snowflake://u:§@acc/d
couchbase://u:§@h
influxdb://u:§@h
cassandra://u:§@h
sentry+https://u:§@h/1
hostname:5432:db:user:§
localhost:5432:*:postgres:§
*:*:*:postgres:§
machine h login u password §
default login u password §
{"name": "DB_PASSWORD", "value": "§"}
{ "Name": "DB_PASSWORD", "Value": "§" }
{"name":"DB_PASSWORD","value":"§"}
{"value":"§","name":"DB_PASSWORD"}
{ "value": "§", "key": "DB_PASSWORD" }
{"key": "DB_PASSWORD", "value": "§"}
{ "name" = "DB_PASSWORD", "value" = "§" }
{ name = "DB_PASSWORD", value = "§" }
{ name: 'DB_PASSWORD', value: '§' }
- name: DB_PASSWORD⏎  value: §
- name: DB_PASSWORD⏎  value: "§"
- name: "DB_PASSWORD"⏎  value: '§'
        - name: DB_PASSWORD⏎          value: §
- key: DB_PASSWORD⏎  value: §
- Name: DB_PASSWORD⏎  Value: §
- value: §⏎  name: DB_PASSWORD
{⏎  "name": "DB_PASSWORD",⏎  "value": "§"⏎}
{⏎  "name": "DB_PASSWORD",⏎  "slotSetting": false,⏎  "value": "§"⏎}
{⏎  "key" : "DB_PASSWORD",⏎  "value" : "§"⏎}
{⏎  "value": "§",⏎  "name": "DB_PASSWORD"⏎}
name  = "DB_PASSWORD"⏎value = "§"
environment_variable {⏎  name  = "DB_PASSWORD"⏎  value = "§"⏎}
set_sensitive {⏎  name  = "auth.password"⏎  value = "§"⏎}
<property name="password" value="§"/>
<property name="password">§</property>
<property>⏎  <name>db.password</name>⏎  <value>§</value>⏎</property>
<property><name>db.password</name><value>§</value></property>
<entry key="password">§</entry>
<entry key="password" value="§"/>
<param name="password" value="§"/>
<context-param><param-name>password</param-name><param-value>§</param-value></context-param>
<env-entry-name>password</env-entry-name>⏎<env-entry-value>§</env-entry-value>
<add key="DbPassword" value="§"/>
<add name="x" connectionString="Server=h;Password=§" />
<setting name="Password" serializeAs="String"><value>§</value></setting>
<key>password</key><string>§</string>
<key>password</key>⏎	<string>§</string>
<string name="password">§</string>
<password>§</password>
<password type="x">§</password>
<Password><![CDATA[§]]></Password>
<password>⏎  §⏎</password>
<user name="a" password="§" roles="b"/>
<server><username>u</username><password>§</password></server>
<input type="password" name="password" value="§">
<bean p:password="§"/>
<constructor-arg name="password" value="§"/>
<ClearTextPassword>§</ClearTextPassword>
<add key="ClearTextPassword" value="§" />
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
	for line := range strings.Lines(forms) {
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
