#!/bin/bash
# A Telegram for check-setup.sh, in a network and a tree of files of its own. It is sourced.
#
# Setup has no setting for another Bot API, and needs none to be checked: the name api.telegram.org
# leads to 127.0.0.1 here, where botapi.py answers with a certificate of an authority that only this
# Windows knows. Needs openssl and python3.
token=123456789:AAbbCCddEEffGGhhIIjjKKllMMnnOOpp
chat=-1001234567890

certificate() { # NAME [OPTION...]: NAME.pem, its key NAME.key
	local name=$1; shift
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout "$telegram/$name.key" -out "$telegram/$name.pem" "$@" 2>>"$telegram/openssl.log" || fail "openssl: $(cat "$telegram/openssl.log")"
}

before_boot() { # wine.sh calls it: what Windows trusts is read at its start
	local name='/CN=api.telegram.org' is=(-addext subjectAltName=DNS:api.telegram.org -addext extendedKeyUsage=serverAuth)
	telegram=$work/telegram
	mkdir -p "$telegram/trusted" /etc/ssl/certs
	certificate authority -subj '/CN=A check of Logboom'
	certificate stranger -subj "$name" "${is[@]}"
	certificate telegram -subj "$name" "${is[@]}" -addext basicConstraints=critical,CA:FALSE -CA "$telegram/authority.pem" -CAkey "$telegram/authority.key"
	cp "$telegram/authority.pem" "$telegram/trusted/ca-certificates.crt"
	mount --bind "$telegram/trusted" /etc/ssl/certs
	cp /etc/hosts "$telegram/hosts"
	mount --bind "$telegram/hosts" /etc/hosts
	: >"$telegram/asked"
}

telegram_as() { # NAME: Telegram answers with that certificate
	telegram_ends
	grep -q telegram "$telegram/hosts" || echo '127.0.0.1 api.telegram.org' >>"$telegram/hosts"
	python3 "$here/botapi.py" "$telegram/$1.pem" "$telegram/$1.key" "$token" "$chat" >>"$telegram/asked" &
	botapi=$!
	eventually "the Bot API does not start" 10 bash -c ': </dev/tcp/127.0.0.1/443'
}

telegram_ends() {
	[ -z "${botapi-}" ] || { kill "$botapi"; wait "$botapi" || true; } 2>/dev/null
	botapi=
}

asked() { # how often Telegram was asked
	wc -l <"$telegram/asked"
}
