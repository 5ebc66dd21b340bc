import com.example.shop.Receipts;
import com.example.shop.SignUpController;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import org.h2.jdbcx.JdbcDataSource;
import org.springframework.jdbc.core.JdbcTemplate;

/** Serves the example for Spring: POST /check and POST /sign-up. It calls the controller as Spring does. */
public class Server {
    public static void main(String[] args) throws IOException {
        var source = new JdbcDataSource();
        source.setURL("jdbc:h2:mem:shop;DB_CLOSE_DELAY=-1");
        var database = new JdbcTemplate(source);
        database.execute("CREATE TABLE account (mobile VARCHAR(16) UNIQUE, request_id VARCHAR(64) UNIQUE)");
        var receipts = new Receipts(System.getenv("SMS_CODES_URL"), System.getenv("SMS_CODES_API_KEY"));
        var controller = new SignUpController(receipts, database);

        var server = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(args[0])), 0);
        server.createContext("/", (exchange) -> answer(exchange, 200, ""));
        server.createContext("/check", (exchange) -> {
            var form = form(exchange);
            try {
                answer(exchange, 200, receipts.check(form.get("receipt"), form.get("scene"), form.get("name")).toString());
            } catch (Receipts.ReceiptException err) {
                answer(exchange, err.status, err.getMessage());
            }
        });
        server.createContext("/sign-up", (exchange) -> {
            var form = form(exchange);
            var answer = controller.signUp(form.getOrDefault("receipt", ""), form.getOrDefault("mobile", ""));
            answer(exchange, answer.getStatusCodeValue(), answer.getBody());
        });
        server.setExecutor(Executors.newCachedThreadPool());
        server.start();
    }

    private static Map<String, String> form(HttpExchange exchange) throws IOException {
        var form = new HashMap<String, String>();
        for (var pair : new String(exchange.getRequestBody().readAllBytes()).split("&")) {
            var parts = pair.split("=", 2);
            if (parts.length == 2) form.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
        }
        return form;
    }

    private static void answer(HttpExchange exchange, int status, String text) throws IOException {
        var body = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }
}
