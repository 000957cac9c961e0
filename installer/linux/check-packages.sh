#!/bin/bash
# Installs, upgrades, breaks, removes and purges the packages under a real systemd, in a
# container, and says how long each took.
#
#   sudo installer/linux/check-packages.sh RELEASE [TREE]
#
# RELEASE the directory with the .deb, .rpm and .tar.gz of this machine's processor
# TREE    a Debian tree to use, made there with mmdebstrap if it does not exist; kept for the
#         next time. Without it one is made and removed.
#
# Needs root, systemd-nspawn (package systemd-container), curl, python3 and, to make a tree,
# mmdebstrap; lintian if it is there. Nothing is left behind but TREE.
set -euo pipefail
[ $# -ge 1 ] || { sed -n '2,13s/^# \{0,1\}//p' "$0"; exit 2; }
release=$(realpath "$1")
tree=${2:-}
here=$(dirname "$0")
. "$here/container.sh"

arch=$(dpkg --print-architecture)
deb=$(ls "$release"/logboom_*_"$arch".deb)
rpm=$(ls "$release"/logboom-*."$(uname -m)".rpm)
tarball=$(ls "$release"/logboom-*-linux-"$arch".tar.gz)

# variant VERSION: the package again, with that version and a line more in the shipped settings
variant() {
	local dir=$work/variant to=$work/debs/logboom_$1_$arch.deb
	rm -rf "$dir"
	dpkg-deb --raw-extract "$deb" "$dir"
	sed -i "s/^Version: .*/Version: $1/" "$dir/DEBIAN/control"
	echo "# as of $1" >>"$dir/etc/logboom/config.toml"
	dpkg-deb --root-owner-group --build -Znone "$dir" "$to" >/dev/null
	cp "$to" "$work/root/root/"
}
in_root() { inside env DEBIAN_FRONTEND=noninteractive "$@" >"$work/said" 2>&1; }
package() { in_root dpkg --force-confold -i "/root/$1"; }
says() { grep -q -- "$1" "$work/said" || fail "does not say \"$1\""; }
version() { inside dpkg-query -W -f '${Version} ${Status}' logboom 2>/dev/null || true; }
enabled() { [ "$(inside systemctl is-enabled logboom 2>/dev/null || true)" = "$1" ]; }
config=$work/root/etc/logboom/config.toml

# --- what can be seen without installing it
if command -v lintian >/dev/null; then
	lintian --allow-root --fail-on error,warning "$deb" >"$work/said" 2>&1 || { cat "$work/said"; fail "lintian"; }
	ok "lintian has nothing to say"
fi
dpkg-deb --fsys-tarfile "$deb" | tar -xO ./lib/systemd/system/logboom.service >"$work/logboom.service"
systemd-analyze security --offline=true --threshold=20 "$work/logboom.service" >"$work/said" || fail "the unit is too open"
ok "exposure of the unit: $(sed -n 's/.*level for logboom.service: \([0-9.]*\).*/\1/p' "$work/said")"
if command -v rpm >/dev/null; then
	[ "$(rpm -qpc "$rpm" 2>/dev/null | head -n 1)" = /etc/logboom/config.toml ] || fail "the rpm does not keep settings"
	ok "rpm: $(rpm -qpl "$rpm" 2>/dev/null | wc -l) files, scripts $(rpm -qp --scripts "$rpm" 2>/dev/null | sed -n 's/ scriptlet.*//p' | tr '\n' ' ')"
fi

other=$(ls "$release"/logboom-*-linux-arm64.tar.gz 2>/dev/null || true)
if [ "$arch" = amd64 ] && [ -n "$other" ] && command -v qemu-aarch64-static >/dev/null; then
	tar -xzf "$other" -C "$work" --strip-components=1 --wildcards '*/logboom'
	printf '[listen]\nudp = ["127.0.0.1:25514"]\n[console]\nlisten = "127.0.0.1:28514"\n[store]\ndirectory = "%s"\n' "$work/arm64" >"$work/arm64.toml"
	emulated() { qemu-aarch64-static "$work/logboom" --config "$work/arm64.toml" "$@" >"$work/said" 2>&1; }
	qemu-aarch64-static "$work/logboom" --config "$work/arm64.toml" run >"$work/arm64.log" 2>&1 &
	tidy+=("kill $!")
	eventually "the one for arm64 does not start: $(cat "$work/arm64.log")" 30 grep -q msg=started "$work/arm64.log"
	emulated send --to 127.0.0.1:25514 'hello arm64' || fail "the one for arm64 does not send"
	arm64_found() { emulated search hello && grep -q 'hello arm64' "$work/said"; }
	eventually "the one for arm64 does not store" 30 arm64_found
	ok "arm64, emulated: a message sent, stored and found"
fi

machine
mkdir "$work/debs" "$work/www"
cp "$deb" "$work/www/logboom.deb"
for v in 90.1 90.2 90.3; do variant $v; done
boot
inside useradd --create-home ann

# --- from download, here from this machine, to the first message
port=$((20000 + RANDOM % 10000))
python3 -m http.server --bind 127.0.0.1 --directory "$work/www" "$port" >/dev/null 2>&1 &
tidy+=("kill $!")
eventually "the download server does not start" 10 curl --silent --head "http://127.0.0.1:$port/"
started=$(date +%s%N)
curl --silent --fail --output "$work/root/root/logboom.deb" "http://127.0.0.1:$port/logboom.deb"
downloaded=$(since "$started")
in_root apt-get install -y /root/logboom.deb || fail "apt-get install"
installed=$(since "$started")
inside setpriv --reuid ann --regid ann --clear-groups bash -c 'echo -n "<134>check first 1" >/dev/udp/127.0.0.1/514'
eventually "the first message is not stored" 15 stored first 1
ok "FROM DOWNLOAD TO FIRST STORED MESSAGE: $(since "$started") ms (downloaded after $downloaded, installed after $installed)"

[ "$(inside ps -o user= -p "$(pid)")" = logboom ] || fail "runs as $(inside ps -o user= -p "$(pid)")"
[ "$(inside awk '/^CapEff/ { print $2 }' "/proc/$(pid)/status")" = 0000000000000400 ] || fail "has more than CAP_NET_BIND_SERVICE"
[ "$(inside stat -c '%U:%G %a' /etc/logboom/config.toml /etc/logboom | tr '\n' ' ')" = 'root:logboom 640 root:logboom 750 ' ] || fail "rights of the settings: $(inside stat -c '%U:%G %a' /etc/logboom/config.toml /etc/logboom)"
! inside setpriv --reuid ann --regid ann --clear-groups cat /etc/logboom/config.toml >/dev/null 2>&1 || fail "everybody may read the token"
inside setpriv --reuid ann --regid ann --clear-groups logboom service status >"$work/said" 2>&1 || fail "a user may not ask for the state"
enabled enabled || fail "is not enabled"
[ "$(inside systemctl show -P FragmentPath logboom)" != /etc/systemd/system/logboom.service ] || fail "runs from another unit"
ok "account, rights, capability, unit are right"

inside setpriv --reuid ann --regid ann --clear-groups bash -c 'for i in $(seq 100); do echo -n "<134>check hundred $i" >/dev/udp/127.0.0.1/514; done'
eventually "100 messages are not stored: $(rows hundred)" 15 stored hundred 100
echo '127.0.0.1 collector.test' >>"$work/root/etc/hosts"
inside logboom send --to collector.test:514 'check named 1' >"$work/said" 2>&1 || fail "a name is not found by the static program"
eventually "a message to a name is not stored" 15 stored named 1
ok "100 of 100 messages of an ordinary user stored, on port 514"

was=$(pid)
inside kill -9 "$was"
eventually "is not back after kill -9" 15 back "$was"
at() { inside systemctl show -P "$1TimestampMonotonic" logboom; } # microseconds
took=$((($(at ActiveEnter) - $(at ActiveExit)) / 1000))
[ "$took" -lt 3000 ] || fail "took $took ms to come back"
stored hundred 100 || fail "rows after kill -9: $(rows hundred)"
ok "back $took ms after kill -9, all rows kept"

# --- upgrades
sed -i 's/^level = "info"/level = "debug" # edited/' "$config"
was=$(pid)
package logboom_90.2_$arch.deb || fail "upgrade"
back "$was" || fail "the new version does not run after an upgrade"
grep -q '# edited' "$config" || fail "the upgrade lost an edit"
grep -q '# as of 90.2' "$config.dpkg-dist" || fail "the new settings are not beside the edited ones"
[ "$(inside stat -c '%U:%G %a' /etc/logboom/config.toml)" = 'root:logboom 640' ] || fail "the rights changed"
stored hundred 100 || fail "rows after an upgrade: $(rows hundred)"
ok "upgraded: edited settings kept, restarted"

inside systemctl stop logboom
package logboom_90.3_$arch.deb || fail "upgrade of a stopped service"
state stopped || fail "an upgrade started a stopped service"
enabled enabled || fail "an upgrade disabled the service"
inside systemctl disable --quiet logboom
package logboom_90.2_$arch.deb || fail "downgrade of a disabled service"
state stopped || fail "an upgrade started a disabled service"
enabled disabled || fail "an upgrade enabled the service"
inside systemctl enable --quiet --now logboom
ok "what was stopped or disabled stays so over an upgrade and a downgrade"

# The running version knew the key; the one that is installed does not.
was=$(pid)
printf '\n[future]\nkey = 1\n' >>"$config"
for to in 90.1 90.3; do
	if package logboom_${to}_$arch.deb; then fail "a version that cannot use the settings was installed without an error"; fi
	says 'future'
	says 'goes on running'
	says 'dpkg --configure logboom'
	[ "$(pid)" = "$was" ] || fail "the version before was stopped"
done
send 20 meanwhile
eventually "the version before does not store" 15 stored meanwhile 20
sed -i '/^\[future\]/,$d' "$config"
in_root dpkg --force-confold --configure logboom || fail "dpkg --configure after the correction"
back "$was" || fail "the new version does not run after the correction"
[ "$(version)" = '90.3 install ok installed' ] || fail "state of the package: $(version)"
stored meanwhile 20 || fail "rows: $(rows meanwhile)"
was=$(pid)
database() { inside sqlite3 /var/lib/logboom/logboom.db "PRAGMA user_version$1"; }
knows=$(database '')
database '=1000'
if package logboom_90.1_$arch.deb; then fail "a version that cannot use logboom.db was installed without an error"; fi
says 'written by a newer version'
says 'goes on running'
[ "$(pid)" = "$was" ] || fail "the version before was stopped"
database "=$knows"
package logboom_90.3_$arch.deb || fail "the version before, again"
back "$was" || fail "the version before does not run again"
ok "a version that cannot use the settings or logboom.db: exit code, reason, the one before goes on; healed by dpkg --configure"

was=$(pid)
in_root dpkg --force-confold --unpack /root/logboom_90.2_$arch.deb || fail "unpack"
[ "$(pid)" = "$was" ] || fail "unpacking stopped the service"
inside kill -9 "$was"
eventually "is not back after a kill in the middle of an upgrade" 15 back "$was"
in_root dpkg --force-confold --configure -a || fail "dpkg --configure -a"
eventually "does not run after dpkg --configure -a" 15 state running
for delay in 0.05 0.15 0.3 0.6; do # dpkg itself is killed, too
	inside dpkg --force-confold -i /root/logboom_90.3_$arch.deb >"$work/said" 2>&1 &
	sleep $delay
	inside bash -c 'kill -9 $(pidof dpkg)' 2>/dev/null || true
	wait $! || true
done
in_root dpkg --force-confold --configure -a || true
package logboom_90.3_$arch.deb || fail "install after dpkg was killed"
eventually "does not run after dpkg was killed" 15 state running
stored hundred 100 && stored meanwhile 20 || fail "rows changed: $(rows hundred), $(rows meanwhile)"
ok "service and dpkg killed in the middle of an upgrade: nothing lost, the next attempt works"

# A disk with room for everything but the new program.
was=$(pid) now=$(version)
inside bash -c 'mkdir /run/small && mount -t tmpfs -o size=$(($(du -sk /usr/bin | cut -f 1) + 8192))k tmpfs /run/small && cp -a /usr/bin/. /run/small/ && mount --bind /run/small /usr/bin'
if package logboom_90.2_$arch.deb; then fail "was installed on a full disk"; fi
says 'No space left on device'
inside bash -c 'umount -l /usr/bin && umount -l /run/small'
[ "$(version)" = "$now" ] || fail "state of the package after a full disk: $(version), before it was: $now"
[ "$(pid)" = "$was" ] || fail "the version before was stopped"
ok "disk full: the version before goes on, and is still what is installed"

inside dpkg --force-confold -i /root/logboom_90.2_$arch.deb >"$work/one" 2>&1 & one=$!
inside dpkg --force-confold -i /root/logboom_90.3_$arch.deb >"$work/two" 2>&1 & two=$!
codes=0
wait $one || codes=$((codes + 1))
wait $two || codes=$((codes + 1))
[ $codes -le 1 ] || fail "neither of two installs at once worked"
[ $codes = 0 ] || grep -q 'lock' "$work/one" "$work/two" || fail "the second install does not say why not"
eventually "does not run after two installs at once" 15 state running
ok "two installs at once: $codes refused, the other one works"

# --- remove, install again, purge
in_root dpkg -r logboom || fail "remove"
! listens || fail "still listens after remove"
[ -z "$(inside pidof logboom || true)" ] || fail "still runs after remove"
[ -e "$config" ] && stored hundred 100 || fail "remove took settings or messages"
package logboom_90.3_$arch.deb || fail "install after remove"
eventually "does not run after remove and install" 15 state running
enabled enabled || fail "is not enabled after remove and install"
grep -q '# edited' "$config" || fail "the edit is lost"
inside systemctl disable --quiet --now logboom
in_root dpkg -r logboom || fail "remove"
package logboom_90.3_$arch.deb || fail "install after remove"
state stopped || fail "runs after remove and install, although it was disabled"
enabled disabled || fail "was enabled by remove and install"
ok "removed and installed again: starts if it was enabled; settings and messages kept"

in_root dpkg -P logboom || fail "purge"
left=$(inside bash -c 'ls -d /etc/logboom /var/lib/logboom /var/log/logboom /etc/systemd/system/logboom.service* /etc/systemd/system/*.wants/logboom.service /var/lib/systemd/deb-systemd-helper-*/logboom* /run/logboom* /usr/bin/logboom /usr/share/doc/logboom 2>/dev/null' || true)
[ -z "$left" ] || fail "left behind by purge: $left"
ok "purged: nothing left but the account"

# --- port 514 taken
inside perl -MIO::Socket::INET -e '$SIG{TERM} = sub { exit }; $s = IO::Socket::INET->new(Proto => "udp", LocalPort => 514, LocalAddr => "0.0.0.0") or die; sleep 600' &
eventually "the port cannot be taken" 10 listens
package logboom_90.1_$arch.deb || fail "install with port 514 taken"
says 'does not hear everything'
says 'perl'
state running || fail "does not run with port 514 taken"
inside bash -c 'kill $(pidof perl)'
eventually "does not take the port when it is free" 60 inside bash -c 'ss -Hlunp "sport = :514" | grep -q logboom'
send 10 freed
eventually "messages are not stored" 15 stored freed 10
ok "port 514 taken: installed, the holder is named, the port taken when it is free"

# --- a start that fails, and data in another place
echo 'bogus = 5' >>"$config"
if boom service restart; then fail "restart with a broken configuration did not fail"; fi
says bogus
sed -i '$d' "$config"
inside mkdir /srv/logs
sed -i 's|^directory = ""|directory = "/srv/logs"|' "$config"
if boom service restart; then fail "could write to a directory that the unit does not have"; fi
says 'The last that it said'
says '/srv/logs'
says 'sudo logboom service install'
boom service install || fail "service install does not give the service its directory"
state running || fail "does not run with its data in /srv/logs"
[ ! -e "$work/root/etc/systemd/system/logboom.service" ] || fail "the packaged unit is covered by another"
inside test -e /srv/logs/logboom.db || fail "the data is not in /srv/logs"
inside bash -c 'rm -r /etc/systemd/system/logboom.service.d && systemctl daemon-reload'
in_root dpkg -r logboom || fail "remove"
if package logboom_90.1_$arch.deb; then fail "an installation whose service does not start has no exit code"; fi
says 'the service does not start'
says 'sudo logboom service install'
boom service install || fail "service install after an installation that failed"
in_root dpkg --force-confold --configure logboom || fail "dpkg --configure after service install"
state running || fail "does not run after the correction"
ok "a start that fails says why; service install gives the packaged service another directory"

# --- who may start and stop it
inside systemctl restart polkit
if inside journalctl -u polkit --no-pager -o cat | grep -i 'error'; then fail "polkit does not understand the rule"; fi
as_ann() { inside setpriv --reuid ann --regid ann --init-groups "$@" >"$work/said" 2>&1; }
! as_ann systemctl --no-ask-password restart logboom || fail "everybody may restart it"
# A container has no seat: the rule is tried without that condition, too.
sed '/subject.local/d' "$here/logboom.rules" >"$work/root/etc/polkit-1/rules.d/09-check.rules"
inside chown polkitd /etc/polkit-1/rules.d/09-check.rules
inside systemctl restart polkit
! as_ann systemctl --no-ask-password restart logboom || fail "everybody may restart it"
inside usermod -aG logboom ann
as_ann systemctl --no-ask-password restart logboom || fail "a member of the group may not restart it"
! as_ann systemctl --no-ask-password restart dbus || fail "a member of the group may restart something else"
! as_ann systemctl --no-ask-password disable logboom || fail "a member of the group may disable it"
ok "polkit: members of the group start and stop this service, and nothing else"

# --- beside one from a tarball
in_root dpkg -P logboom || fail "purge"
tar -xzf "$tarball" -C "$work"
install -m 755 "$work"/logboom-*-linux-"$arch"/logboom "$work/root/usr/local/bin/logboom"
boom config init && boom service install || fail "service install of the tarball"
state running || fail "the one of the tarball does not run"
was=$(pid)
if package logboom_90.1_$arch.deb; then fail "was installed over one from a tarball"; fi
says '/usr/local/bin/logboom service uninstall'
[ "$(pid)" = "$was" ] || fail "the one of the tarball was stopped"
boom service uninstall || fail "service uninstall"
package logboom_90.1_$arch.deb || fail "install after the tarball's service is gone"
state running || fail "does not run after the tarball's service is gone"
in_root dpkg -r logboom || fail "remove"
boom service install || fail "service install of the tarball after the package was removed"
echo '# of the tarball' >>"$config"
send 10 tarball
eventually "messages are not stored" 15 stored tarball 10
was=$(pid)
in_root dpkg -P logboom || fail "purge of a removed package beside a tarball's service"
says 'they stay'
[ "$(pid)" = "$was" ] && enabled enabled || fail "a purge stopped or disabled the tarball's service"
grep -q '# of the tarball' "$config" || fail "a purge took the settings of the tarball's service"
stored tarball 10 || fail "a purge took the messages of the tarball's service: $(rows tarball)"
boom service restart || fail "the tarball's service does not start after a purge"
boom service uninstall || fail "service uninstall"
[ -z "$(inside dpkg-divert --list '*logboom*')" ] || fail "left behind: $(inside dpkg-divert --list '*logboom*')"
rm "$work/root/usr/local/bin/logboom"
ok "tarball: its service is not covered, makes way when it is uninstalled, and keeps what is its own when the package is purged"

# --- a disk of its own, and what an administrator put beside the unit
inside rm -r /etc/logboom /var/lib/logboom /var/log/logboom
inside bash -c 'mkdir /var/lib/logboom && mount -t tmpfs tmpfs /var/lib/logboom'
package logboom_90.1_$arch.deb || fail "install with a disk at /var/lib/logboom"
send 10 disk
eventually "messages are not stored on a disk of its own" 15 stored disk 10
beside=/etc/systemd/system/logboom.service.d
inside bash -c "mkdir -p $beside /srv/more && printf '[Service]\nNice=0\n' >$beside/directories.conf"
sed -i 's|^directory = ""|directory = "/srv/more"|' "$config"
boom service install || fail "service install with a drop-in of an administrator"
inside test -e $beside/50-logboom-directories.conf || fail "service install writes no drop-in"
in_root dpkg -P logboom || fail "purge with a disk at /var/lib/logboom"
inside mountpoint -q /var/lib/logboom || fail "a purge took the mount away"
[ -z "$(inside ls -A /var/lib/logboom)" ] || fail "left on the disk by purge: $(inside ls -A /var/lib/logboom)"
[ "$(inside ls $beside)" = directories.conf ] || fail "drop-ins after a purge: $(inside ls $beside)"
! inside test -e /etc/logboom || fail "a purge left the settings"
inside bash -c "umount /var/lib/logboom && rmdir /var/lib/logboom && rm -r $beside /srv/more && systemctl daemon-reload"
ok "purge: a mounted disk is emptied and stays; drop-ins of others stay"

# --- rpm
if inside sh -c 'command -v rpm' >/dev/null 2>&1; then
	cp "$rpm" "$work/root/root/logboom.rpm"
	of_rpm() { in_root rpm --force-debian --nodeps "$@"; }
	of_rpm -i /root/logboom.rpm || fail "rpm -i"
	state running || fail "rpm: does not run"
	enabled enabled || fail "rpm: is not enabled"
	[ "$(inside stat -c '%U:%G %a' /etc/logboom/config.toml)" = 'root:logboom 640' ] || fail "rpm: rights of the settings: $(inside stat -c '%U:%G %a' /etc/logboom/config.toml)"
	send 30 rpm
	eventually "rpm: messages are not stored" 15 stored rpm 30
	sed -i 's/^level = "info"/level = "debug" # edited/' "$config"
	was=$(pid)
	if [ -x "$here/../../bin/nfpm" ] && [ -e "$here/../../out/linux/$arch/logboom" ]; then # a later version, made here
		VERSION=v90.1.0 PACKAGE_DIR=$work/debs "$here/package.sh" rpm "$arch" >"$work/said"
		cp "$work/debs/logboom-90.1.0.$(uname -m).rpm" "$work/root/root/later.rpm"
		of_rpm -U /root/later.rpm || fail "rpm -U"
		back "$was" || fail "rpm: the later version does not run"
		was=$(pid)
		of_rpm -U --oldpackage /root/logboom.rpm || fail "rpm -U --oldpackage"
		back "$was" || fail "rpm: does not run after a downgrade"
		was=$(pid)
	fi
	of_rpm -U --replacepkgs /root/logboom.rpm || fail "rpm -U"
	back "$was" || fail "rpm: does not run after an upgrade"
	grep -q '# edited' "$config" || fail "rpm: the upgrade lost an edit"
	was=$(pid)
	printf '\n[future]\nkey = 1\n' >>"$config"
	of_rpm -U --replacepkgs /root/logboom.rpm || true # some versions of rpm only warn
	says future
	says 'goes on'
	[ "$(pid)" = "$was" ] || fail "rpm: the version before was stopped"
	sed -i '/^\[future\]/,$d' "$config"
	inside systemctl disable --quiet --now logboom
	of_rpm -U --replacepkgs /root/logboom.rpm || fail "rpm -U of a stopped service"
	state stopped || fail "rpm: an upgrade started a stopped service"
	enabled disabled || fail "rpm: an upgrade enabled a disabled service"
	of_rpm -e logboom || fail "rpm -e"
	! listens || fail "rpm: still listens after -e"
	grep -q '# edited' "$config.rpmsave" || fail "rpm: -e lost the edited settings"
	stored rpm 30 || fail "rpm: -e took messages"
	ok "rpm: installed, upgraded, refused, removed; settings and messages kept"
else
	echo "          skipped: no rpm in this tree"
fi
