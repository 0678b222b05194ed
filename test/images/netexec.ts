/** An image whose containers answer over HTTP and UDP, whatever the method: what tests of the network ask. */
import { WEB_IMAGE, webImageArchive, withLibraries } from "./busybox.ts";

/** The web image with Perl and `netexec` in it. */
export const NET_IMAGE = WEB_IMAGE.replace("web", "net");

// Of Perl nothing but the interpreter is there: numbers instead of names from Socket.pm.
const NETEXEC = String.raw`
# netexec [http PORT | udp PORT]...
#   GET /hostname  the pod's name     GET /clientip  who asks      any other path  METHOD PATH BODY
#   datagram "hostname" or "clientip": the same; any other is sent back
# netexec ask IP PORT TEXT: sends one datagram and prints what comes back within 2 s
$| = 1;
$SIG{TERM} = sub { exit 0 };
open(my $file, "<", "/proc/sys/kernel/hostname"); chomp(my $hostname = <$file>); close $file;
my ($AF_INET, $STREAM, $DGRAM, $SOL_SOCKET, $SO_REUSEADDR) = (2, 1, 2, 1, 2);
sub address { pack("S n C4 x8", $AF_INET, $_[1], split(/\./, $_[0])) }
sub ip_of { join ".", unpack("x4 C4", $_[0]) }
sub answer { my ($text, $from) = @_; $text eq "hostname" ? $hostname : $text eq "clientip" ? ip_of($from) : $text }

sub http {
  my ($port) = @_;
  socket(my $listener, $AF_INET, $STREAM, 6) or die "socket: $!";
  setsockopt($listener, $SOL_SOCKET, $SO_REUSEADDR, pack("i", 1));
  bind($listener, address("0.0.0.0", $port)) or die "bind $port: $!";
  listen($listener, 128) or die "listen: $!";
  $SIG{CHLD} = "IGNORE";
  while (1) {
    my $from = accept(my $client, $listener) or next;
    if (fork) { close $client; next }
    my ($method, $target) = split / /, scalar <$client>;
    my $length = 0;
    while (my $line = <$client>) {
      last if $line =~ /^\r?\n$/;
      $length = $1 if $line =~ /^content-length: *(\d+)/i;
    }
    my $body = "";
    read($client, $body, $length) if $length;
    my ($path) = split /\?/, $target;
    my $known = $method eq "GET" && ($path eq "/hostname" || $path eq "/clientip");
    my $text = $known ? answer(substr($path, 1), $from) : "$method $target $body";
    my $head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Method: $method\r\nConnection: close\r\n";
    print $client $head, "Content-Length: ", length $text, "\r\n\r\n", ($method eq "HEAD" ? "" : $text);
    close $client;
    exit 0;
  }
}

sub udp {
  my ($port) = @_;
  socket(my $socket, $AF_INET, $DGRAM, 17) or die "socket: $!";
  bind($socket, address("0.0.0.0", $port)) or die "bind $port: $!";
  while (1) {
    my $from = recv($socket, my $text, 2048, 0);
    send($socket, answer($text, $from), 0, $from) if $from;
  }
}

if ($ARGV[0] eq "ask") {
  my (undef, $ip, $port, $text) = @ARGV;
  socket(my $socket, $AF_INET, $DGRAM, 17) or die "socket: $!";
  connect($socket, address($ip, $port)) or die "connect: $!";
  $SIG{ALRM} = sub { print STDERR "no answer\n"; exit 1 };
  alarm 2;
  send($socket, $text, 0) or die "send: $!";
  defined(recv($socket, my $reply, 2048, 0)) or die "recv: $!";
  print $reply;
  exit 0;
}
while (my ($what, $port) = splice @ARGV, 0, 2) {
  next if fork;
  $what eq "udp" ? udp($port) : http($port);
}
sleep 3600 while 1;
`;

/** `resolve NAME` asks as every program with the C library does; RES_OPTIONS=use-vc asks over TCP. */
const RESOLVE = `my @found = gethostbyname(shift) or exit 1;
print join("\\n", sort map { join ".", unpack("C4", $_) } @found[4..$#found]), "\\n";
`;

export const netImageArchive = (): Buffer =>
  webImageArchive(NET_IMAGE, [
    ...withLibraries("perl"),
    { path: "bin/netexec", mode: 0o755, content: Buffer.from(`#!/bin/perl\n${NETEXEC}`) },
    { path: "bin/resolve", mode: 0o755, content: Buffer.from(`#!/bin/perl\n${RESOLVE}`) },
  ]);
