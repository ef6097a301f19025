package rules

import (
	"maps"
	"strings"
	"sync"
)

// A nameClass says how surely the value of a name is a credential.
type nameClass uint8

const (
	nameNone     nameClass = iota // nothing says so, or something says it is not
	nameWeak                      // key, auth, signature: most of them are not
	nameToken                     // token, credential: every other one
	nameSecret                    // api key, client secret, access token: most are
	namePassword                  // password: people's own words, too
)

// A nameWord is what one word says about the name that it stands in.
type nameWord uint8

const (
	wordUnknown  nameWord = iota
	wordNeutral           // changes nothing at the end of a name: value, old, test
	wordPassword          // ends the name of a password
	wordSecret            // ends the name of a secret
	wordToken
	wordKey
	wordWeak
	wordStrong // lifts a key or a token to a secret: api, access, private
	wordCode   // code, verifier: ends the name of a token after a strong word
	wordNot    // names something about a credential, or no credential: id, file, public
	wordPublic // makes the whole name one of something public
	wordVerb   // starts a sentence or a function, and a text follows: enter, forgot, is
)

// nameWords is the only list of words in names. Each line is sorted.
var nameWords = sync.OnceValue(func() *nameTable {
	return newNameTable(map[nameWord]string{
		wordPassword: "contrasena contraseña kennwort mdp pass passcode passphrase passphrases passwd passwrd password passwords passwort passwrd " +
			"pasword paswrd psswd psswrd pssword pswd psword pswrd psw pw pwd pwds senha userpwd adminpw bindpw dbpw rootpw userpw masterauth " +
			"storepass keypass srcstorepass deststorepass srckeypass destkeypass",
		wordSecret: "accesskey apikey apikeys apitoken authkey authtoken clientsecret encryptionkey pat privatekey secret " +
			"secretkey secrets secrete seckey servicekey sharedkey signingkey passkey authpass appsecret appkey accesstoken " +
			"psk refreshtoken bearertoken jwtsecret cookiesecret masterkey accountkey secretaccesskey",
		wordToken: "credential credentials creds cred jwt bearer authorization token tokens",
		wordKey:   "key keys",
		wordWeak:  "auth otp sas sig",
		// Ends the name of a token after a strong word: auth_code, oauth_verifier.
		wordCode: "code verifier",
		// Words that make a key or a token a credential when they stand right before it.
		wordStrong: "access account admin api apiserver app application auth authentication aws azure bearer bot certificate cipher client consumer crypt decryption " +
			"crypto deploy des aes rsa hmac encrypt encryption gateway github gitlab google integration internal " +
			"jwt license licence live login master oauth oauth2 openai personal preshared private prod producer push refresh " +
			"root secret security server service session shared sign signing slack ssh ssl sso stripe subscription " +
			"tls upload user validation vault webhook write",
		// At the end of a name: what the name is about is not the credential
		// itself but something that belongs to it. Before the last word: kinds of
		// keys and tokens that are public or no credentials.
		wordNot: "action address askpass bypass compass encompass overpass surpass trespass underpass socket blob exporter sealed wrapped handshake resumption traffic age alias alt algo algorithm algorithms arn array attempts attr attribute author authors authority bcrypt bind bits block by bool box bucket button " +
			"cache cert changed char char chars check checker class code codes col color column columns complexity config " +
			"context count csrf ctrl cursor date deadline decoder description digest dir directory doc docs element enabled encoder " +
			"encoding encrypted endpoint endpoints entry enum env err error errors event exchange exists expiration expired expires expiry " +
			"failed failure feature field fields file filename files fingerprint flag for foreign form from format formatter func function " +
			"generator group grant handler hash hashed hashes header headers help hint hot icon ident identifier idx index info input instance " +
			"interval invalid issuer item items iv jsonwebtoken kind kid label labels len length level lifetime limit line link list loader " +
			"location lookup manager map match max message method md meta min missing mode model module msg name names namespace next nonce nopasswd nopass number " +
			"object of ok on option options order owner page param parameter params parser partition path pathname per pattern pem " +
			"permission phrase placeholder plugin point policy policies prefix primary prompt prop property protected protection provider public " +
			"question range reader ref reference regex regexp required requirement reset resource response result role rotation route row rule " +
			"salt schema scope scopes script section selector separator service setting sha shift settings size slot sort source spec " +
			"split state status step stop store storage strategy strength style suffix switch table tag target template test_id time timeout " +
			"timestamp title to tooltip translation ttl type types uri url urls usage used user username valid validator " +
			"validity variable vault version view visible warning widget width word words xsrf",
		wordPublic: "authenticity cancellation continuation csrf fips foreign idempotency page primary pub public recv sitekey verifier annotation xsrf",
		wordVerb: "add append ask assert build can change check choose clear compute confirm create delete derive disable disabled disallow enable enter expect forget forgot " +
			"generate get has hide ignore input is make mismatch missing need needs no non not print prompt read remember remove " +
			"require requires reset rotate save select send show unset update use validate verify with without",
		wordNeutral: "again backup base base64 basic beta bytes clear cleartext confirm confirmation current data default dev " +
			"development dst env expected fake final first hex initial input inner latest local main mock my new old one only other plain " +
			"plaintext prd prod production qa raw real repeat sample second secondary set source staging str string strings temp temporary test tester testing tests text " +
			"tmp two uat val value values",
	})
})

// A nameTable holds the meanings of words, a bit for each.
type nameTable struct {
	kinds   map[string]uint16
	lengths wordLengths // tells of most words that they are not in it
}

// newNameTable turns the lists into a table.
func newNameTable(lists map[nameWord]string) *nameTable {
	m := make(map[string]uint16, 700)
	for kind, list := range lists {
		for _, w := range strings.Fields(list) {
			m[w] |= 1 << kind
		}
	}
	return &nameTable{m, newLengths(maps.Keys(m))}
}

// gluedWords end names that were written without a seam: userpassword, mysecret.
var gluedWords = []string{"accesskey", "apikey", "password", "passwd", "passphrase", "secretkey", "secret", "authkey", "privatekey", "token", "pwd", "pass"}

// maxWords is how many words at the end of a name are looked at.
const maxWords = 6

// classify returns the class of a name.
func classify(name []byte) nameClass {
	var words [maxWords][2]int
	n := splitName(name, &words)
	if n == 0 {
		return nameNone
	}
	var kinds [maxWords]uint16
	for i := range n {
		kinds[i] = lookupWord(name[words[i][0]:words[i][1]])
	}
	last := 0 // words count from the end of the name
	for last < n-1 && kinds[last]&(1<<wordNeutral) != 0 {
		last++
	}
	class := classOf(kinds[last:n])
	if class == nameNone {
		return middle(kinds[:n])
	}
	// A name is a path at times; the verb of a function starts its last part.
	first := n - 1
	for k := last; k < first; k++ {
		if at(name, words[k][0]-1) == '.' {
			first = k
		}
	}
	if first > last && kinds[first]&(1<<wordVerb) != 0 && kinds[first]&(1<<wordNeutral|1<<wordStrong) == 0 {
		return nameNone
	}
	return class
}

// classOf returns the class of a name by its last words, the last one first.
func classOf(kinds []uint16) nameClass {
	has := func(i int, kind nameWord) bool { return i < len(kinds) && kinds[i]&(1<<kind) != 0 }
	qualifier := 1
	for has(qualifier, wordNeutral) && !has(qualifier, wordStrong) {
		qualifier++
	}
	not := has(qualifier, wordNot) && !has(qualifier, wordStrong)
	for i := 1; i < len(kinds); i++ {
		if has(i, wordPublic) {
			return nameNone
		}
	}
	switch {
	case has(0, wordPassword):
		return namePassword
	case not:
		if has(0, wordSecret) {
			return nameToken
		}
		return nameNone
	case has(0, wordSecret):
		return nameSecret
	case has(0, wordKey), has(0, wordToken):
		if has(qualifier, wordStrong) || has(qualifier, wordSecret) || has(qualifier, wordToken) {
			return nameSecret
		}
		if has(0, wordKey) {
			return nameWeak
		}
		return nameToken
	case has(0, wordCode) && (has(qualifier, wordWeak) || has(qualifier, wordStrong)):
		return nameToken
	case has(0, wordWeak):
		return nameWeak
	}
	return nameNone
}

// middle returns the class of a name that holds a credential word and ends in
// a word that nobody knows (password_github), or in one that speaks against it.
func middle(kinds []uint16) nameClass {
	if kinds[0]&(1<<wordNot|1<<wordVerb) != 0 && kinds[0]&(1<<wordNeutral) == 0 {
		return nameNone
	}
	for _, k := range kinds {
		if k&(1<<wordNot) != 0 && k&(1<<wordStrong) == 0 {
			return nameNone
		}
	}
	for _, k := range kinds {
		if k&(1<<wordPassword|1<<wordSecret) != 0 {
			return nameWeak
		}
	}
	return nameNone
}

// lookupWord returns the meanings of one word, in any case.
func lookupWord(word []byte) uint16 {
	var low [20]byte
	if len(word) > len(low) {
		word = word[len(word)-len(low):]
	}
	for i, b := range word {
		if is(b, isUpper) {
			b |= 0x20
		}
		low[i] = b
	}
	text := low[:len(word)]
	names := nameWords()
	if names.lengths.has(text) {
		if kinds, ok := names.kinds[string(text)]; ok {
			return kinds
		}
	}
	for _, g := range gluedWords {
		if rest := len(text) - len(g); rest > 0 && string(text[rest:]) == g {
			if front := names.kinds[string(text[:rest])]; front&(1<<wordNot|1<<wordPublic) != 0 && front&(1<<wordStrong) == 0 {
				return front
			}
			return names.kinds[g]
		}
	}
	return 0
}

// splitName finds the words of name from its end: letters between separators
// and digits, with a seam before a capital that follows a small letter or
// starts a word after capitals (APIKey). It returns how many there are, at most
// maxWords.
func splitName(name []byte, words *[maxWords][2]int) int {
	n := 0
	for end := len(name); end > 0 && n < maxWords; {
		if !is(name[end-1], isLetter) && name[end-1] < 0x80 {
			end--
			continue
		}
		start := end - 1
		for start > 0 && !seam(name, start, end) {
			start--
		}
		if start > 0 && start+1 < end && is(name[start], isUpper) && is(name[start-1], isUpper) && glued(name[start:end]) {
			start++
		}
		words[n] = [2]int{start, end}
		n++
		end = start
	}
	return n
}

// glued reports whether the first letter of word, a capital after capitals, belongs
// to the word before: the I of APIkey.
func glued(word []byte) bool { return lookupWord(word) == 0 && lookupWord(word[1:]) != 0 }

// seam reports whether a word starts at name[i], with the word's end known.
func seam(name []byte, i, end int) bool {
	before, first := name[i-1], name[i]
	switch {
	case !is(before, isLetter) && before < 0x80:
		return true
	case is(first, isUpper) && is(before, isLower):
		return true
	case is(first, isUpper) && is(before, isUpper) && i+1 < end && is(name[i+1], isLower):
		return true
	}
	return false
}
