package com.example.shop;

import org.springframework.dao.DuplicateKeyException;
import org.springframework.http.ResponseEntity;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** The columns mobile and request_id of the table account are unique, each. */
@RestController
public class SignUpController {
    private final Receipts receipts;
    private final JdbcTemplate database;

    public SignUpController(Receipts receipts, JdbcTemplate database) {
        this.receipts = receipts;
        this.database = database;
    }

    @PostMapping("/sign-up")
    public ResponseEntity<String> signUp(@RequestParam("receipt") String receipt, @RequestParam("mobile") String mobile) {
        try {
            var phone = receipts.redeem(receipt, "register", mobile);
            var insert = "INSERT INTO account (mobile, request_id) VALUES (?, ?)";
            database.update(insert, phone.get("mobile").asText(), phone.get("request_id").asText());
            return ResponseEntity.status(201).body("The account was created.");
        } catch (Receipts.ReceiptException err) {
            return ResponseEntity.status(err.status).body(err.getMessage());
        } catch (DuplicateKeyException err) {
            return ResponseEntity.status(409).body("The number has an account, or the receipt has made one.");
        }
    }
}
