#!/bin/sh
# Run once by the image of PostgreSQL, when its data directory is new: a user for loadcell who owns one database and
# nothing else.
set -eu
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname=postgres <<'SQL'
\set password `cat /run/secrets/database_password`
CREATE ROLE loadcell LOGIN PASSWORD :'password';
CREATE DATABASE loadcell OWNER loadcell ENCODING 'UTF8' TEMPLATE template0;
REVOKE CONNECT ON DATABASE loadcell FROM PUBLIC;
SQL
