package rules

import (
	"slices"
	"strings"
	"testing"
)

func TestClassify(t *testing.T) {
	for class, names := range map[nameClass]string{
		namePassword: "password PASSWORD dbPassword db_pass userpassword spring.datasource.password password2 password_value passphrase pwd " +
			"DB_PW passwordTest test_password_prod smtp.pass confirmPassword DBpass",
		nameSecret: "client_secret clientSecret jwtSecret api_key apiKey APIKey apikey AWS_SECRET_ACCESS_KEY access_token authToken APIkey PresharedKey authentication_key " +
			"config.secret_key cipher.setKey encryption_key private_key secret_key_base accesskey githubToken",
		nameToken: "token userinfo.token NPM_TOKEN credentials jwt auth_code oauth_verifier",
		nameWeak:  "key auth my.key",
		nameNone: "public_key publicKeyToken primary_key foreign_key keyword monkey tokenizer token_type csrf_token csrftoken next_page_token " +
			"password_field passwordHash password_file secretName keyId key_name author passed author_name password_policy showPassword " +
			"forgot_password enterPassword ctrlKey sort_key PASSWORD_SHA256 is_secret secret_arn username host recv-keys blob_key sealed_key FIPS_KEY secret.startsWith appendTokens",
	} {
		for _, name := range strings.Fields(names) {
			if got := classify([]byte(name)); got != class {
				t.Errorf("classify(%q) = %d, want %d", name, got, class)
			}
		}
	}
}

func TestSplitName(t *testing.T) {
	for name, want := range map[string]string{
		"password":           "password",
		"dbUserPassword":     "Password User db",
		"APIKey":             "Key API",
		"AWS_SECRET_KEY2":    "KEY SECRET AWS",
		"a.b-c_d":            "d c b a",
		"one2two":            "two one",
		"--":                 "",
		"aA bB cC dD eE":     "E e D d C c",
		"contraseña_maestra": "maestra contraseña",
	} {
		var words [maxWords][2]int
		var got []string
		for _, w := range words[:splitName([]byte(name), &words)] {
			got = append(got, name[w[0]:w[1]])
		}
		if strings.Join(got, " ") != want {
			t.Errorf("splitName(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestWordLists(t *testing.T) {
	for w := range standInWords().all {
		if len(w) > maxStandIn || w != strings.ToLower(w) {
			t.Errorf("stand-in %q is longer than maxStandIn or has capitals", w)
		}
	}
	for w := range nameWords().kinds {
		if w != strings.ToLower(w) {
			t.Errorf("word %q of names has capitals", w)
		}
	}
	if !slices.IsSorted(cryptMarks) {
		t.Error("cryptMarks is not sorted")
	}
}
