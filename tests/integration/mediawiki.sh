#!/usr/bin/env bash
# Sets up a small MediaWiki in a folder (Debian's package, SQLite) and serves it on loopback with PHP's own server, in
# the foreground: whoever started it ends it by its process id.
#   mediawiki.sh PORT FOLDER
set -euo pipefail
port=$1 folder=$2
pages=$(cd "$(dirname "$0")" && pwd)/pages
mkdir -p "$folder"
cp -rL /usr/share/mediawiki "$folder/wiki" 2>/dev/null || true # a link in it leads nowhere: there is no configuration yet
cd "$folder/wiki"
rm -f LocalSettings.php
php maintenance/install.php --dbtype sqlite --dbpath "$folder/data" --dbname wiki --server "http://127.0.0.1:$port" \
    --scriptpath "" --pass "only-for-tests-on-loopback" --confpath . "Test wiki" keeper
{
    echo 'wfLoadExtension( "TextExtracts" ); # gives articles as plain text'
    echo 'wfLoadExtension( "Cite" );'
} >>LocalSettings.php
for page in "$pages"/*.wiki; do
    php maintenance/edit.php --user keeper --summary "first version" "$(basename "$page" .wiki)" <"$page"
done
php maintenance/runJobs.php
php maintenance/rebuildtextindex.php
exec php -S "127.0.0.1:$port"
