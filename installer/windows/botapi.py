"""The Bot API of Telegram on 127.0.0.1:443, as far as Logboom uses it.

  botapi.py CERTIFICATE KEY TOKEN CHAT

There is one bot, which is in one chat. What is asked is printed, a line of JSON each.
"""

import email
import http.server
import json
import ssl
import sys
import time

certificate, key, token, chat = sys.argv[1:]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        form = email.message_from_bytes(b"Content-Type: " + (self.headers["Content-Type"] or "").encode() + b"\r\n\r\n" + body)
        parts = form.get_payload() if form.is_multipart() else []
        fields = {p.get_param("name", header="content-disposition"): p.get_payload(decode=True).decode() for p in parts}
        bot, _, method = self.path.removeprefix("/bot").partition("/")
        print(json.dumps({"bot": bot, "method": method, **fields}), flush=True)
        if bot != token:
            return self.answer(401, "Unauthorized")
        if method == "getUpdates":  # nobody writes to the bot
            time.sleep(2)
            return self.answer(200, [])
        if method != "sendMessage":
            return self.answer(404, "Not Found")
        if fields["chat_id"] != chat:
            return self.answer(400, "Bad Request: chat not found")
        self.answer(200, {"message_id": 1, "date": 1700000000, "chat": {"id": int(chat), "type": "supergroup"}, "text": "x"})

    def answer(self, code, said):
        answer = {"ok": True, "result": said} if code == 200 else {"ok": False, "error_code": code, "description": said}
        text = json.dumps(answer).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *about):
        if not isinstance(sys.exc_info()[1], OSError):  # a client that does not trust us, or is gone
            super().handle_error(*about)


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server = Server(("127.0.0.1", 443), Handler)
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
server.serve_forever()
