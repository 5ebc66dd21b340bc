<?php
// Serves the example for PHP: POST /check and POST /sign-up.
declare(strict_types=1);

require getenv('EXAMPLE') . '/sign_up.php';

$receipts = new Receipts(getenv('SMS_CODES_URL'), getenv('SMS_CODES_API_KEY'), getcwd() . '/keys.json');
switch (parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH)) {
    case '/check':
        try {
            echo json_encode($receipts->check($_POST['receipt'], $_POST['scene'], $_POST['name'] ?? null));
        } catch (ReceiptError $err) {
            http_response_code($err->getCode());
            echo $err->getMessage();
        }
        break;
    case '/sign-up':
        $database = new PDO('sqlite:' . getcwd() . '/accounts.sqlite');
        $database->exec('CREATE TABLE IF NOT EXISTS account (mobile TEXT UNIQUE, request_id TEXT UNIQUE)');
        http_response_code(signUp($_POST, $receipts, $database));
}
