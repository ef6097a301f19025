// Module gogit compares the reader of Git's object store with that of go-git. It is a
// module of its own so that nothing that assay is built from depends on go-git.
module github.com/assayhq/assay/ci/gogit

go 1.26.0

require (
	github.com/assayhq/assay v0.0.0
	github.com/go-git/go-git/v5 v5.19.3
)

require (
	github.com/cyphar/filepath-securejoin v0.6.1 // indirect
	github.com/go-git/gcfg v1.5.1-0.20230307220236-3a3c6141e376 // indirect
	github.com/go-git/go-billy/v5 v5.9.2 // indirect
	github.com/jbenet/go-context v0.0.0-20150711004518-d14ea06fba99 // indirect
	github.com/klauspost/compress v1.20.3 // indirect
	github.com/pjbgf/sha1cd v0.7.0 // indirect
	golang.org/x/net v0.57.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	gopkg.in/warnings.v0 v0.1.2 // indirect
)

replace github.com/assayhq/assay => ../..
