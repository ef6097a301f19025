#!/bin/sh
# Audits AWS once a day with the credentials of whoever this runs as, keeps what was
# learned, and tells what is new or worse than the last time.
#
#   assay audit schedule cron > /usr/local/bin/assay-audit && chmod +x /usr/local/bin/assay-audit
#   crontab -e:  17 5 * * * /usr/local/bin/assay-audit
#
# It prints nothing, and cron sends no mail, unless something could not be examined
# or told. Where alerts go stands in the file "alert" in the folder below, such as
# webhook:https://...; nobody else may read it. Without the file nothing is sent.
set -eu
umask 077
dir=${ASSAY_DIR:-$HOME/.local/state/assay}
mkdir -p "$dir"
cd "$dir"

# Two audits at once would write the same files.
if command -v flock >/dev/null; then
	exec 9>lock
	flock -n 9 || { echo "assay: the last audit still runs" >&2; exit 0; }
fi

# What a broken run left is gone on with for a day, and then of no use.
set --
if [ -e inventory.jsonl.partial ]; then
	if [ -n "$(find inventory.jsonl.partial -mmin +1380)" ]; then
		rm inventory.jsonl.partial
	else
		set -- --resume
	fi
fi
if [ -r alert ]; then
	ASSAY_ALERT=$(cat alert)
	export ASSAY_ALERT
fi

code=0
assay audit --quiet --save inventory.jsonl --report "jsonl=report.jsonl" "$@" >report.txt || code=$?
case $code in
0 | 1) ;; # nothing failed, or something did: report.txt says what
3)
	echo "assay: the audit is not complete, see $dir/report.txt"
	;;
*)
	echo "assay: the audit failed with code $code"
	exit "$code"
	;;
esac
