package rules

import (
	"slices"
	"strings"
	"sync"
)

// BindGitleaks returns the ids of the built-in rules that stand in for a rule of
// gitleaks' default configuration, sorted; none where we have no such rule.
func BindGitleaks(id string) []string {
	if bound, ok := gitleaksNames()[id]; ok {
		return bound
	}
	var bound []string
	for _, own := range [...]string{id, id + "-legacy", id + "-shape"} {
		if _, ok := slices.BinarySearchFunc(builtin[:], own, func(r Rule, id string) int { return strings.Compare(r.ID, id) }); ok {
			bound = append(bound, own)
		}
	}
	return bound
}

// gitleaksNames has those whose ids differ.
var gitleaksNames = sync.OnceValue(func() map[string][]string {
	names := map[string][]string{}
	for line := range strings.Lines(gitleaksIDs) {
		if words := strings.Fields(line); len(words) > 1 {
			slices.Sort(words[1:])
			names[words[0]] = words[1:]
		}
	}
	return names
})

// gitleaksIDs are lines of an id of gitleaks and the ids of ours that find the same
// kind of credential.
const gitleaksIDs = `
1password-secret-key onepassword-secret-key
1password-service-account-token onepassword-service-account-token
adafruit-api-key adafruit-io-key
age-secret-key privatekey-age
airtable-personnal-access-token airtable-personal-access-token
alibaba-secret-key alibaba-access-key-secret
anthropic-admin-api-key anthropic-admin-key
anthropic-api-key anthropic-api-key anthropic-api-key-shape
artifactory-api-key jfrog-api-key
artifactory-reference-token jfrog-reference-token
authress-service-client-access-key authress-service-client-key
aws-access-token aws-access-key-id
aws-amazon-bedrock-api-key-long-lived aws-bedrock-api-key
aws-amazon-bedrock-api-key-short-lived aws-bedrock-short-term-key
azure-ad-client-secret azure-entra-client-secret
beamer-api-token beamer-api-key
bitbucket-client-secret bitbucket-oauth-consumer-secret
bittrex-access-key bittrex-api-key
bittrex-secret-key bittrex-api-key
cisco-meraki-api-key meraki-api-key
clickhouse-cloud-api-secret-key clickhouse-cloud-api-secret
clojars-api-token clojars-deploy-token
cloudflare-api-key cloudflare-account-api-token cloudflare-api-token-legacy cloudflare-user-api-token
codecov-access-token codecov-upload-token
cohere-api-token cohere-api-key
coinbase-access-token coinbase-api-secret
confluent-secret-key confluent-api-secret confluent-api-secret-legacy
contentful-delivery-api-token contentful-delivery-token
curl-auth-header http-bearer-token http-basic-credentials
curl-auth-user http-user-option
databricks-api-token databricks-personal-access-token
datadog-access-token datadog-api-key datadog-application-key
defined-networking-api-token definednetworking-api-key
digitalocean-access-token digitalocean-oauth-token
digitalocean-pat digitalocean-personal-access-token
discord-api-token discord-bot-token discord-bot-token-shape
doppler-api-token doppler-personal-token
droneci-access-token droneci-token
dropbox-api-token dropbox-app-secret
dropbox-long-lived-api-token dropbox-long-lived-token
dropbox-short-lived-api-token dropbox-short-lived-token
duffel-api-token duffel-live-token duffel-test-token
dynatrace-api-token dynatrace-token
easypost-api-token easypost-production-key
easypost-test-api-token easypost-test-key
etsy-access-token etsy-api-key
facebook-page-access-token facebook-access-token
facebook-secret facebook-app-secret
finnhub-access-token finnhub-api-key
flickr-access-token flickr-api-key
frameio-api-token frameio-developer-token
gcp-api-key google-api-key
generic-api-key generic-credential generic-credential-argument generic-field generic-key generic-password generic-secret generic-token
github-app-token github-app-installation-token github-app-user-token
github-fine-grained-pat github-fine-grained-token
github-oauth github-oauth-token
github-pat github-personal-access-token
gitlab-cicd-job-token gitlab-ci-job-token
gitlab-feature-flag-client-token gitlab-feature-flags-client-token
gitlab-kubernetes-agent-token gitlab-agent-token
gitlab-oauth-app-secret gitlab-oauth-application-secret
gitlab-pat gitlab-personal-access-token
gitlab-pat-routable gitlab-personal-access-token-routable
gitlab-ptt gitlab-trigger-token
gitlab-rrt gitlab-runner-registration-token
gocardless-api-token gocardless-access-token
grafana-cloud-api-token grafana-cloud-access-policy-token
harness-api-key harness-personal-access-token harness-service-account-token
hashicorp-tf-api-token hashicorp-terraform-token
heroku-api-key heroku-api-key-legacy
heroku-api-key-v2 heroku-api-key
huggingface-access-token huggingface-user-access-token
infracost-api-token infracost-api-key
intercom-api-key intercom-access-token
jwt jwt-signed jwt-unsigned
kraken-access-token kraken-private-key
kucoin-access-token kucoin-api-key
kucoin-secret-key kucoin-api-secret
launchdarkly-access-token launchdarkly-api-token launchdarkly-sdk-key
lob-api-key lob-live-api-key lob-test-api-key
mailgun-private-api-token mailgun-private-key
mailgun-pub-key mailgun-public-key
mailgun-signing-key mailgun-webhook-signing-key
mapbox-api-token mapbox-public-token mapbox-secret-token
messagebird-api-token messagebird-api-key
microsoft-teams-webhook azure-teams-webhook azure-teams-webhook-tenant
new-relic-browser-api-token newrelic-browser-key
new-relic-insert-key newrelic-insights-insert-key
new-relic-user-api-key newrelic-user-key
notion-api-token notion-token
nytimes-access-token nytimes-api-key
octopus-deploy-api-key octopusdeploy-api-key
okta-access-token okta-api-token
openshift-user-token openshift-access-token
pkcs12-file privatekey-pkcs12
plaid-api-token plaid-development-access-token plaid-production-access-token plaid-sandbox-access-token
plaid-secret-key plaid-secret
planetscale-api-token planetscale-service-token
postman-api-token postman-api-key
prefect-api-token prefect-api-key
private-key privatekey-dsa privatekey-ec privatekey-encrypted-openssh privatekey-encrypted-pem privatekey-encrypted-pkcs8 privatekey-openssh privatekey-other privatekey-pgp privatekey-pkcs8 privatekey-rsa
privateai-api-token privateai-api-key
pulumi-api-token pulumi-access-token
pypi-upload-token pypi-api-token
rapidapi-access-token rapidapi-key
readme-api-token readme-api-key
rubygems-api-token rubygems-api-key
sendbird-access-token sendbird-api-token
sendgrid-api-token sendgrid-api-key
sendinblue-api-token brevo-api-key
sentry-access-token sentry-token-legacy
settlemint-application-access-token settlemint-access-token
settlemint-personal-access-token settlemint-access-token
settlemint-service-access-token settlemint-access-token
shippo-api-token shippo-live-token shippo-test-token
shopify-custom-access-token shopify-access-token
shopify-private-app-access-token shopify-access-token
shopify-shared-secret shopify-app-secret
sidekiq-secret sidekiq-gem-server-credential
sidekiq-sensitive-url sidekiq-gem-server-credential
slack-config-access-token slack-rotating-token
slack-config-refresh-token slack-refresh-token
slack-legacy-bot-token slack-bot-token
slack-legacy-workspace-token slack-workspace-token
slack-webhook-url slack-webhook
sonar-api-token sonarqube-token sonarqube-cloud-token sonarqube-token-legacy
squarespace-access-token squarespace-api-key
stripe-access-token stripe-live-secret-key stripe-live-restricted-key stripe-test-key
sumologic-access-token sumologic-access-key
telegram-bot-api-token telegram-bot-token telegram-bot-url
travisci-access-token travisci-token
twitch-api-token twitch-access-token
twitter-access-secret twitter-access-token-secret
typeform-api-token typeform-personal-access-token
vault-batch-token hashicorp-vault-batch-token
vault-service-token hashicorp-vault-service-token hashicorp-vault-token-legacy
yandex-access-token yandex-iam-token
yandex-aws-access-token yandex-static-secret-key
zendesk-secret-key zendesk-api-token
`
