package rules

// formsInFiles are further ways, as forms are: in configuration, without quotes,
// in several pairs, in notes.
const formsInFiles = `
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
# Notes.
ID:deploy/PW:§
id:deploy,pw:§
-id:deploy -pw:§
Access wifi:home(PW:§)
ssh deploy@10.0.0.1 (PW:§)
# Names without a seam.
APIkey=§
"DBpass": "§",
Authentication key: §
PresharedKey = §
# Headers in quotes.
curl -H "Token: §" https://host
curl --header 'Authorization:  §'
# The last line of a text of several lines.
const config = ` + "`" + `user: deploy⏎password: §` + "`"
