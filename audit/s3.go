package audit

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// S3 is asked for two things, what a bucket holds and one object, by hand as the
// services of wire.go are: the SDK's package for it adds four megabytes to the
// program.

// An s3Bucket is a bucket that holds files of trails.
type s3Bucket struct {
	run     *callers
	in      *caller // in whose region it is, as far as is known
	options *Options
	name    string
	prefix  string // before AWSLogs, or deeper
}

// s3Address takes s3://bucket/prefix apart.
func s3Address(address string) (bucket, prefix string, ok bool) {
	rest, ok := strings.CutPrefix(address, "s3://")
	bucket, prefix, _ = strings.Cut(rest, "/")
	valid := len(bucket) >= 3 && len(bucket) <= 63 && strings.Trim(bucket, "abcdefghijklmnopqrstuvwxyz0123456789.-") == ""
	return bucket, prefix, ok && valid
}

// ValidTrailFiles reports whether text can name files of trails: a folder, or a
// bucket of S3.
func ValidTrailFiles(text string) bool {
	_, _, ok := s3Address(text)
	return ok || !strings.HasPrefix(text, "s3://")
}

// files yields the files of the accounts. Folders of other regions and days are not
// listed.
func (b *s3Bucket) files(ctx context.Context, accounts []*callers, from, to time.Time) iter.Seq2[trailFile, error] {
	return func(yield func(trailFile, error) bool) {
		ours := func(account string) bool {
			return slices.ContainsFunc(accounts, func(a *callers) bool { return a.identity.Account == account })
		}
		roots, err := b.roots(ctx, ours)
		for i := 0; i < len(roots) && err == nil; i++ {
			if err = b.listRoot(ctx, roots[i], from, to, yield); errors.Is(err, errEnough) {
				return
			}
		}
		if err != nil {
			yield(trailFile{}, err)
		}
	}
}

// errEnough ends a listing whose files nobody wants any more.
var errEnough = errors.New("enough")

// roots returns the folders that hold those of regions: AWSLogs/account/CloudTrail/
// and the same in folders of organizations. A prefix that goes deeper is one itself.
func (b *s3Bucket) roots(ctx context.Context, ours func(account string) bool) ([]string, error) {
	base := b.prefix
	if base != "" && !strings.HasSuffix(base, "/") {
		base += "/"
	}
	if !strings.HasSuffix(base, "AWSLogs/") {
		if strings.Contains("/"+base, "/AWSLogs/") {
			return []string{base}, nil
		}
		base += "AWSLogs/"
	}
	tops, err := b.folders(ctx, base)
	if err != nil {
		return nil, err
	}
	var roots []string
	for _, top := range tops {
		name := strings.TrimSuffix(strings.TrimPrefix(top, base), "/")
		inner := []string{top}
		if strings.HasPrefix(name, "o-") {
			if inner, err = b.folders(ctx, top); err != nil {
				return nil, err
			}
		}
		for _, account := range inner {
			parts := strings.Split(strings.TrimSuffix(account, "/"), "/")
			if ours(parts[len(parts)-1]) {
				roots = append(roots, account+"CloudTrail/")
			}
		}
	}
	return roots, nil
}

// listRoot lists the regions of a root, each from the first day on.
func (b *s3Bucket) listRoot(ctx context.Context, root string, from, to time.Time, yield func(trailFile, error) bool) error {
	regions, err := b.folders(ctx, root)
	if err != nil {
		return err
	}
	if !strings.HasSuffix(root, "/CloudTrail/") { // a folder of days, or of anything
		regions = []string{root}
	}
	for _, region := range regions {
		name := strings.TrimSuffix(strings.TrimPrefix(region, root), "/")
		first := ""
		if region != root {
			if len(b.options.Regions) > 0 && !slices.Contains(b.options.Regions, name) {
				continue
			}
			first = region + from.AddDate(0, 0, -1).UTC().Format("2006/01/02")
		}
		if err := b.listRegion(ctx, region, first, to, yield); err != nil {
			return err
		}
	}
	return nil
}

func (b *s3Bucket) listRegion(ctx context.Context, folder, first string, to time.Time, yield func(trailFile, error) bool) error {
	return b.list(ctx, folder, "", first, func(page *objectPage) error {
		for _, object := range page.Contents {
			f := newTrailFile("s3://" + b.name + "/" + object.Key)
			if first != "" && f.outside(awsBegan, to) && !f.time.Before(awsBegan) {
				return errPast // keys come by day
			}
			f.open = func(ctx context.Context) (io.ReadCloser, error) { return b.object(ctx, object.Key) }
			if !yield(f, nil) {
				return errEnough
			}
		}
		return nil
	})
}

// errPast ends a listing that has come to later days than are asked for.
var errPast = errors.New("past the end")

// folders returns the folders in a folder.
func (b *s3Bucket) folders(ctx context.Context, prefix string) ([]string, error) {
	var list []string
	err := b.list(ctx, prefix, "/", "", func(page *objectPage) error {
		for _, p := range page.CommonPrefixes {
			list = append(list, p.Prefix)
		}
		return nil
	})
	return list, err
}

// An objectPage is a page of ListObjectsV2.
type objectPage struct {
	XMLName               xml.Name `xml:"ListBucketResult"`
	Contents              []struct{ Key string }
	CommonPrefixes        []struct{ Prefix string }
	NextContinuationToken string
}

// list hands the pages of a listing on.
func (b *s3Bucket) list(ctx context.Context, prefix, delimiter, after string, take func(*objectPage) error) error {
	var stopped error
	gap := b.in.pages(ctx, ListObjects, "", func(ctx context.Context, token *string) (*string, int, error) {
		query := url.Values{"list-type": {"2"}, "prefix": {prefix}}
		for name, value := range map[string]string{"delimiter": delimiter, "start-after": after, "continuation-token": aws.ToString(token)} {
			if value != "" {
				query.Set(name, value)
			}
		}
		text, err := b.ask(ctx, &wireRequest{service: wireS3, method: http.MethodGet, bucket: b.name, query: query})
		if err != nil {
			return nil, 0, err
		}
		page := &objectPage{}
		if xml.Unmarshal(text, page) != nil {
			return nil, 0, &answerError{"the answer is not what S3 sends"}
		}
		if stopped = take(page); stopped != nil {
			return nil, len(page.Contents), nil
		}
		return &page.NextContinuationToken, len(page.Contents) + len(page.CommonPrefixes), nil
	})
	switch {
	case gap != nil:
		return &gapError{gap}
	case errors.Is(stopped, errPast):
		return nil
	}
	return stopped
}

// object gets one object. Its error says what is wrong in one line.
func (b *s3Bucket) object(ctx context.Context, key string) (io.ReadCloser, error) {
	var body []byte
	gap := b.in.call(ctx, GetObject, "", func(ctx context.Context) (err error) {
		body, err = b.ask(ctx, &wireRequest{service: wireS3, method: http.MethodGet, bucket: b.name, path: escapeKey(key)})
		return err
	})
	if gap != nil {
		return nil, &gapError{gap}
	}
	return io.NopCloser(bytes.NewReader(body)), nil
}

// ask makes a request, once more in the region where S3 says that the bucket is.
func (b *s3Bucket) ask(ctx context.Context, r *wireRequest) ([]byte, error) {
	text, err := b.in.wire(ctx, r)
	if region := bucketRegion(err); validRegion(region) && region != b.in.region {
		b.in = b.run.at(region)
		text, err = b.in.wire(ctx, r)
	}
	return text, err
}

// bucketRegion is where S3 says that a bucket is, "" if it does not.
func bucketRegion(err error) string {
	if elsewhere, ok := errors.AsType[*redirectError](err); ok {
		return elsewhere.region
	}
	if said, ok := errors.AsType[*smithyhttp.ResponseError](err); ok && said.Response != nil && said.Response.Response != nil {
		return said.Response.Header.Get("X-Amz-Bucket-Region")
	}
	return ""
}

// escapeKey escapes a key as S3 wants it signed: everything but slashes.
func escapeKey(key string) string {
	parts := strings.Split(key, "/")
	for i, p := range parts {
		parts[i] = strings.ReplaceAll(url.QueryEscape(p), "+", "%20")
	}
	return strings.Join(parts, "/")
}

// inBucket is where a bucket is at an endpoint: AWS's own wants it in the host,
// unless it has dots, for which there is no certificate.
func inBucket(endpoint, bucket string) string {
	host, ok := strings.CutPrefix(endpoint, "https://s3")
	if ok && strings.Contains(host, ".amazonaws.com") && !strings.Contains(bucket, ".") {
		return "https://" + bucket + ".s3" + host
	}
	return endpoint + bucket + "/"
}

// BucketPolicy returns the statements that let an identity read the files of trails
// at an address s3://bucket/prefix, none for a folder.
func BucketPolicy(files string) []PolicyStatement {
	bucket, prefix, ok := s3Address(files)
	if !ok {
		return nil
	}
	return []PolicyStatement{
		{Sid: "AssayTrailBucket", Effect: "Allow", Action: []string{"s3:ListBucket"}, Resource: "arn:aws:s3:::" + bucket},
		{Sid: "AssayTrailFiles", Effect: "Allow", Action: []string{"s3:GetObject"}, Resource: "arn:aws:s3:::" + bucket + "/" + prefix + "*"},
	}
}
