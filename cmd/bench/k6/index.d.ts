/**
 * k6/x/pop3: a POP3 client for k6 scripts.
 *
 * Every function blocks its VU only. What a server or the line does wrong is counted in the metric
 * pop3_errors, with the tags kind and verb, and thrown; what the script does wrong is thrown only.
 * A session that is still open when its iteration ends is closed without QUIT, so that nothing is deleted.
 *
 * Metrics: pop3_command_duration (trend; tag verb), pop3_octets, pop3_messages, pop3_errors (counters), each
 * with the tag server. The kinds of errors are connect, tls, closed, timeout, protocol, login, in_use, refused and wrong.
 */
declare module 'k6/x/pop3' {
  /** Which messages: all of LIST (the default), those that the last refresh found new, one, some, or a range. */
  export type Which = 'all' | 'new' | number | number[] | { from: number; to: number };

  export type Mechanism =
    | 'USER' | 'APOP' | 'OAUTHBEARER' | 'XOAUTH2' | 'SCRAM-SHA-256' | 'SCRAM-SHA-1' | 'CRAM-MD5' | 'PLAIN' | 'LOGIN';

  export interface ConnectOptions {
    /** How the connection is protected; 'none' is the default. k6's own TLS options apply too. */
    tls?: 'none' | 'stls' | 'implicit';
    /** The certificate authority that is trusted instead of the system's, in PEM form: open('ca.pem'). */
    ca?: string;
    /** The name in the server's certificate, instead of the host. */
    name?: string;
    /** The longest wait for the server, '30s' or milliseconds; '1m' is the default. */
    timeout?: string | number;
    /** RETR, TOP and DELE in flight at most, 1 to 10000, when the server has PIPELINING; 128 is the default. With 1 login asks for no capabilities. */
    window?: number;
    /** Tags for all metrics of the session. */
    tags?: { [name: string]: string };
  }

  export interface Listing { count: number; octets: number }
  export interface Refreshed { count: number; octets: number; fresh: number; gone: number }
  /** messages came whole, refused were answered by -ERR, wrong have other octets than the synthetic mailbox; first describes the first wrong one. */
  export interface Retrieved { messages: number; octets: number; refused: number; wrong: number; first: string }
  export interface Deleted { deleted: number; refused: number }

  /** A synthetic mailbox of pop3sim; it takes no memory for its messages. */
  export interface Mailbox { readonly messages: number }

  export interface Session {
    readonly greeting: string;
    readonly address: string;
    encrypted(): boolean;
    /** CAPA. */
    capabilities(): { [name: string]: string[] };
    /** Logs in, by USER and PASS unless a mechanism is given, and asks for the capabilities. secret is the token of XOAUTH2 and OAUTHBEARER. */
    login(user: string, secret: string, mechanism?: Mechanism): void;
    /** STAT. */
    stat(): Listing;
    /** LIST, once in a session. It keeps 8 octets a message until the session ends. */
    list(): Listing;
    /** STAT, LIST and UIDL, compared with what this VU saw before of this user on this server. The VU keeps 8 octets a message. */
    refresh(): Refreshed;
    /** RETR. With verify every octet is compared with the synthetic mailbox, whose messages are found by UIDL. */
    retrieve(which?: Which, options?: { verify?: Mailbox }): Retrieved;
    /** TOP: the header and the first lines. */
    top(which: Which | undefined, lines: number): Retrieved;
    /** DELE. The server deletes the messages at quit. */
    delete(which: Which): Deleted;
    /** RSET: what was marked as deleted is not. */
    reset(): void;
    noop(): void;
    quit(): void;
    /** Drops the connection without QUIT. */
    close(): void;
  }

  /** Opens a session with HOST:PORT, and starts TLS if asked. */
  export function connect(address: string, options?: ConnectOptions): Session;
  /** The mailbox that pop3sim serve --synthetic serves: synthetic('1000,size=8KiB,seed=7'). */
  export function synthetic(spec: string): Mailbox;
  export const mechanisms: Mechanism[];

  const pop3: { connect: typeof connect; synthetic: typeof synthetic; mechanisms: typeof mechanisms };
  export default pop3;
}
