-- The demo's database shop: four tables of 10,000 rows, for MySQL 8 and later and for MariaDB.
-- Every row is computed from its number n and a hash h of n, so the data is always the same. (SHA2, because MySQL 9 has no MD5 and SHA1.)

SET NAMES utf8mb4, time_zone = '+00:00';
SET sql_mode = 'STRICT_TRANS_TABLES'; -- without NO_ZERO_DATE: one user was born on 0000-00-00, as in many old databases

DROP DATABASE IF EXISTS shop;
CREATE DATABASE shop CHARACTER SET utf8mb4;
USE shop;

CREATE TABLE digits (d INT PRIMARY KEY);
INSERT INTO digits VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
CREATE TABLE numbers (n INT PRIMARY KEY, h BIGINT NOT NULL);
INSERT INTO numbers
  SELECT n, CRC32(SHA2(n, 256))
  FROM (SELECT 1 + a.d + 10 * b.d + 100 * c.d + 1000 * e.d AS n FROM digits a, digits b, digits c, digits e) AS counted;

CREATE TABLE users (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  email VARCHAR(120) NOT NULL COMMENT 'unique, lower case',
  name VARCHAR(80) NOT NULL COMMENT 'as the user writes it, in any script',
  country CHAR(2) NOT NULL COMMENT 'ISO 3166-1',
  birthday DATE NULL,
  is_active TINYINT(1) NOT NULL DEFAULT 1,
  plan ENUM('free', 'plus', 'pro') NOT NULL,
  interests SET('books', 'music', 'sport', 'travel') NULL,
  points INT NOT NULL DEFAULT 0 COMMENT 'may be below zero after a return',
  avatar BINARY(16) NULL COMMENT 'hash of the picture',
  preferences JSON NULL,
  about TEXT NULL,
  created_at DATETIME(6) NOT NULL COMMENT 'in the shop''s local time',
  last_seen TIMESTAMP(3) NULL,
  UNIQUE KEY (email)
) COMMENT = 'Everyone who ever signed up';
INSERT INTO users
  SELECT n,
    CONCAT('user', n, '@example.com'),
    CONCAT(ELT(1 + h % 8, 'Ana', 'Zoë', 'Łukasz', '小林', 'Мария', 'José', 'عمر', '🦊'), ' ',
      ELT(1 + h DIV 8 % 6, 'Müller', 'O''Neill', 'Σαρρή', '"Quote" Smith', 'Tab\tLine\nBreak', 'García 🎉')),
    ELT(1 + h % 5, 'DE', 'FR', 'JP', 'BR', 'US'),
    IF(n = 13, '0000-00-00', IF(n % 9 = 0, NULL, DATE_ADD('1950-01-01', INTERVAL h % 20000 DAY))),
    n % 7 <> 0,
    ELT(1 + n % 3, 'free', 'plus', 'pro'),
    IF(n % 10 = 0, NULL, h % 16),
    CAST(h % 20000 AS SIGNED) - 1000,
    IF(n % 4 = 0, NULL, UNHEX(LEFT(SHA2(CONCAT('avatar', n), 256), 32))),
    IF(n % 6 = 0, NULL, JSON_OBJECT('theme', ELT(1 + n % 2, 'dark', 'light 🌞'), 'page', n % 50, 'ratio', h % 1000 / 8, 'tags', JSON_ARRAY('a', n, NULL))),
    IF(n % 3 = 0, NULL, REPEAT(CONCAT('Likes № ', h % 100, '. '), n % 20)),
    DATE_ADD('2019-01-01 00:00:00.000000', INTERVAL h % 190000000 * 1000000 + n MICROSECOND),
    IF(n % 5 = 0, NULL, DATE_ADD('2025-01-01 00:00:00.000', INTERVAL (h % 30000000) * 1000000 + n * 1000 MICROSECOND))
  FROM numbers;

CREATE TABLE products (
  id INT UNSIGNED NOT NULL PRIMARY KEY,
  sku CHAR(10) NOT NULL COMMENT 'stock keeping unit',
  title VARCHAR(120) NOT NULL,
  description MEDIUMTEXT NULL,
  price DECIMAL(12,2) NOT NULL COMMENT 'euros, VAT included',
  unit_cost DECIMAL(38,9) NOT NULL,
  weight_kg FLOAT NULL,
  rating DOUBLE NULL COMMENT 'mean of all reviews',
  stock SMALLINT NOT NULL,
  introduced YEAR NOT NULL,
  flags BIT(8) NOT NULL COMMENT '1 fragile, 2 food, 4 bulky, 8 discontinued',
  attributes JSON NOT NULL,
  thumbnail BLOB NULL,
  ships_until TIME NOT NULL,
  updated_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)
);
INSERT INTO products
  SELECT n,
    CONCAT('SKU-', LPAD(n, 6, '0')),
    CONCAT(ELT(1 + h % 4, 'Teapot', 'Crème brûlée torch', 'Lamp 💡', 'Ручка'), ' ', n),
    IF(n % 8 = 0, NULL, REPEAT(CONCAT('A "fine" thing;\n\ttruly. ', n, ' '), 1 + n % 5)),
    (h % 1000000) / 100,
    CAST(h AS DECIMAL(38,9)) * 1000000000000 + CAST(n AS DECIMAL(38,9)) / 1000000000,
    IF(n % 11 = 0, NULL, h % 100000 / 1000),
    IF(n % 12 = 0, NULL, 1 + h % 4000001 / 1000000),
    CAST(h % 4000 AS SIGNED) - 20,
    1990 + n % 35,
    h % 256,
    JSON_OBJECT('color', ELT(1 + n % 3, 'red', 'grün', '青'), 'sizes', JSON_ARRAY(n % 10, n % 10 + 0.5), 'new', JSON_OBJECT('since', 1990 + n % 35)),
    IF(n % 3 = 0, NULL, UNHEX(CONCAT('89504E470D0A1A0A00', SHA2(n, 224)))),
    SEC_TO_TIME(h % 86400),
    DATE_ADD('2025-06-01 00:00:00.000', INTERVAL n * 987654 MICROSECOND)
  FROM numbers;

CREATE TABLE orders (
  id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
  user_id BIGINT UNSIGNED NOT NULL,
  status ENUM('new', 'paid', 'sent', 'returned') NOT NULL,
  total DECIMAL(12,2) NOT NULL,
  discount DECIMAL(5,4) NULL COMMENT 'a fraction: 0.0500 is 5 %',
  currency CHAR(3) NOT NULL,
  items SMALLINT UNSIGNED NOT NULL,
  is_gift TINYINT(1) NOT NULL,
  note TEXT NULL,
  address JSON NULL,
  deliver_on DATE NULL,
  deliver_at TIME NULL,
  placed_at DATETIME(6) NOT NULL,
  changed_at TIMESTAMP(3) NULL
);
INSERT INTO orders
  SELECT 18446744073709541615 + n, -- the last one is the greatest BIGINT UNSIGNED
    1 + h % 10000,
    ELT(1 + n % 4, 'new', 'paid', 'sent', 'returned'),
    (h % 5000000) / 100,
    IF(n % 2 = 0, NULL, n % 25 / 100),
    ELT(1 + h % 3, 'EUR', 'USD', 'JPY'),
    1 + h % 65535,
    n % 13 = 0,
    IF(n % 4 <> 0, NULL, ELT(1 + h % 3, 'Happy birthday! 🎂', '', 'Leave it at\nthe door \\ gate')),
    IF(n % 20 = 0, NULL, JSON_OBJECT('street', CONCAT('Straße ', n), 'zip', LPAD(h % 100000, 5, '0'), 'floor', n % 9)),
    IF(n % 6 = 0, NULL, DATE_ADD('2024-02-28', INTERVAL n % 400 DAY)),
    IF(n % 6 = 0, NULL, SEC_TO_TIME(25200 + h % 50400)),
    DATE_ADD('2024-02-28 23:59:59.999999', INTERVAL n * 1234567 MICROSECOND),
    IF(n % 7 = 0, NULL, DATE_ADD('2024-03-31 00:59:59.999', INTERVAL n * 61000 MICROSECOND))
  FROM numbers;

CREATE TABLE transactions (
  id BINARY(16) NOT NULL PRIMARY KEY COMMENT 'UUID',
  order_id BIGINT UNSIGNED NOT NULL,
  kind ENUM('charge', 'refund', 'fee') NOT NULL,
  amount DECIMAL(12,2) NOT NULL COMMENT 'negative when money leaves',
  exchange_rate DOUBLE NOT NULL,
  fee FLOAT NULL,
  checks SET('cvc', 'address', '3ds') NOT NULL,
  attempt TINYINT NOT NULL,
  risk BIT(8) NULL,
  token VARBINARY(32) NOT NULL,
  receipt BLOB NULL,
  answer JSON NULL,
  took TIME(3) NULL,
  booked_on DATE NULL,
  book_year YEAR NULL,
  created_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)
);
INSERT INTO transactions
  SELECT UNHEX(LEFT(SHA2(CONCAT('transaction', n), 256), 32)),
    18446744073709541615 + 1 + h % 10000,
    ELT(1 + n % 3, 'charge', 'refund', 'fee'),
    IF(n % 3 = 1, -1, 1) * (h % 900000) / 100,
    1 + 1.0e0 / n,
    IF(n % 10 = 0, NULL, h % 1000 / 300),
    h % 8,
    -1 + n % 4,
    IF(n % 5 = 0, NULL, h % 256),
    UNHEX(LEFT(SHA2(n, 256), 2 * (n % 33))),
    IF(n % 2 = 0, NULL, CONCAT('%PDF-', n, UNHEX('00FF0A09'))),
    IF(n % 9 = 0, NULL, JSON_OBJECT('code', n % 100, 'message', ELT(1 + n % 2, 'ok ✔', 'declined ✘'), 'raw', JSON_ARRAY())),
    IF(n % 8 = 0, NULL, ADDTIME('00:00:00.001', SEC_TO_TIME(h % 80000))),
    IF(n % 4 = 0, NULL, DATE_ADD('2025-01-01', INTERVAL n % 300 DAY)),
    IF(n % 4 = 0, NULL, 2025),
    DATE_ADD('2025-01-01 00:00:00.000', INTERVAL n * 2500777 MICROSECOND)
  FROM numbers;

DROP TABLE numbers, digits;
