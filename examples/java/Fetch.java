// Tests a client from Java 17 without any library: java Fetch.java http://127.0.0.1:8025/api/v1
import java.io.*;
import java.net.*;
import java.net.http.*;
import java.nio.charset.StandardCharsets;
import java.util.regex.*;

public class Fetch {
    static final HttpClient http = HttpClient.newHttpClient();
    static String api;

    static String call(String method, String path, String yaml) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(api + path))
            .header("Content-Type", path.equals("/users") ? "application/json" : "application/yaml")
            .method(method, HttpRequest.BodyPublishers.ofString(yaml)).build();
        HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() >= 300) throw new AssertionError(method + " " + path + ": " + answer.body());
        return answer.body();
    }

    static String field(String json, String name) {
        Matcher m = Pattern.compile("\"" + name + "\"\\s*:\\s*\"([^\"]*)\"").matcher(json);
        if (!m.find()) throw new AssertionError("no " + name + " in " + json);
        return m.group(1);
    }

    public static void main(String[] args) throws Exception {
        api = args[0];
        String user = call("POST", "/users", "{}"), mine = "/users/" + field(user, "name");
        call("POST", mine + "/messages", "[{file: plain.eml, uidl: a1}]");
        call("POST", mine + "/rules", "{on: STAT, times: 1, do: [{refuse: not now}]}");
        call("PUT", mine + "/expect", "{received: [STAT, QUIT], never: [DELE]}");

        // Your client comes here.
        String[] where = field(user, "pop3").split(":");
        try (Socket socket = new Socket(where[0], Integer.parseInt(where[1]))) {
            BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
            Writer out = new OutputStreamWriter(socket.getOutputStream(), StandardCharsets.ISO_8859_1);
            in.readLine();
            for (String command : new String[] {"USER " + field(user, "name"), "PASS " + field(user, "password"), "STAT", "STAT", "QUIT"}) {
                out.write(command + "\r\n");
                out.flush();
                System.out.println(command.startsWith("PASS") ? "PASS" : command + " -> " + in.readLine());
                if (command.startsWith("PASS")) in.readLine();
            }
        }
        String verdict = call("GET", mine + "/verdict", "");
        if (!field(verdict, "result").equals("pass")) throw new AssertionError(verdict);
        System.out.println("pass");
    }
}
