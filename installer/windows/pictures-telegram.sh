# Setup's page for Telegram: its button sends a test. Sourced by pictures.sh with that page open;
# the Telegram is that of telegram.sh.

test_with() { # TOKEN CHAT ANSWER: what the page says to the button
	type_in 500 301 "$1"
	type_in 420 328 "$2"
	click 685 328
	says "$3"
}

test_with 'no token' "$chat" "must be the bot's token as @BotFather gives it"
page 4-telegram-wrong 500
test_with "$token" '1\"]$\n' "telegram.chat_id = '1\\\"]\$\\n': must be a number"
test_with "'$token'" "$chat" "telegram.token = ••• set: must be the bot's token"
test_with "$token" "$chat" 'the name "api.telegram.org" was not found'
page 4-telegram-no-network 500

telegram_as stranger
test_with "$token" "$chat" 'the certificate of https://api.telegram.org is not good'
[ "$(asked)" = 0 ] || fail "the token was given to somebody who is not Telegram: $(cat "$telegram/asked")"
page 4-telegram-not-telegram 500
ok "the button: who has no certificate of Telegram's is not given the token"

telegram_as telegram
test_with "${token%?}X" "$chat" "the bot's token is not accepted (401); @BotFather shows the right one"
page 4-telegram-wrong-token 500
test_with "$token" -42 'there is no chat -42 for this bot (400); write to the bot first'
page 4-telegram-wrong-chat 500
test_with "  $token " " $chat " 'Sent. Look at your phone.'
page 4-telegram-sent 500
[ "$(asked)" = 3 ] || fail "Telegram was asked $(asked) times, not 3: $(cat "$telegram/asked")"
got() { # NUMBER BOT CHAT TEXT: the message that Telegram was to send
	grep '"method": "sendMessage"' "$telegram/asked" | sed -n "$1p" | python3 -c '
import json, sys
asked = json.load(sys.stdin)
bot, chat, text = sys.argv[1:]
if asked["bot"] != bot or asked["chat_id"] != chat or text not in asked["text"]:
    sys.exit(f"not what Telegram was to be asked: {asked}")
' "$2" "$3" "$4" || fail "the message $1 is not the one that was to come"
}
got 1 "${token%?}X" "$chat" 'Logboom can reach you here'
got 2 "$token" -42 'Logboom can reach you here'
got 3 "$token" "$chat" 'Logboom can reach you here'
ok "the button: a wrong token and a wrong chat are told, the right ones get a message"
