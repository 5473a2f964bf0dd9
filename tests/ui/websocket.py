# SPDX-License-Identifier: MIT
"""A WebSocket client (RFC 6455), as much as a browser's is needed for VNC and DevTools."""
import base64
import hashlib
import os
import socket
import struct

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class WebSocket:
    def __init__(self, host, port, path='/', protocol=None, timeout=30):
        self.s = socket.create_connection((host, port), timeout=timeout)
        key = base64.b64encode(os.urandom(16)).decode()
        head = (f'GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\n'
                f'Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n')
        if protocol:
            head += f'Sec-WebSocket-Protocol: {protocol}\r\nOrigin: http://{host}\r\n'
        self.s.sendall((head + '\r\n').encode())
        answer = b''
        while not answer.endswith(b'\r\n\r\n'):
            part = self.s.recv(1)
            assert part, f'the server hung up after {answer!r}'
            answer += part
        assert b' 101 ' in answer.split(b'\r\n')[0], answer
        want = base64.b64encode(hashlib.sha1(
            (key + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').encode()).digest())
        assert want in answer, 'the accept key is wrong'
        self.buffer = b''

    def _exactly(self, n):
        out = b''
        while len(out) < n:
            part = self.s.recv(n - len(out))
            assert part, 'the server hung up'
            out += part
        return out

    def send(self, data, kind=BINARY):
        mask = os.urandom(4)
        n = len(data)
        head = bytes([0x80 | kind])
        if n < 126:
            head += bytes([0x80 | n])
        elif n < 65536:
            head += struct.pack('>BH', 0x80 | 126, n)
        else:
            head += struct.pack('>BQ', 0x80 | 127, n)
        self.s.sendall(head + mask + bytes(b ^ mask[i & 3] for i, b in enumerate(data)))

    def message(self):
        out = b''
        while True:
            first, n = self._exactly(2)
            n &= 0x7f
            if n == 126:
                n, = struct.unpack('>H', self._exactly(2))
            elif n == 127:
                n, = struct.unpack('>Q', self._exactly(8))
            data = self._exactly(n)
            assert first & 15 != CLOSE, 'the server closed'
            if first & 15 == PING:
                self.send(data, PONG)
                continue
            out += data
            if first & 0x80:
                return out

    # As a byte stream.
    def sendall(self, data):
        self.send(data)

    def recv(self, n):
        if not self.buffer:
            self.buffer = self.message()
        out, self.buffer = self.buffer[:n], self.buffer[n:]
        return out
