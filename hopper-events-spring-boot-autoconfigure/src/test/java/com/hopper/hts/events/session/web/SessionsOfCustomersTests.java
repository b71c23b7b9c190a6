/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package com.hopper.hts.events.session.web;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

import com.hopper.hts.events.session.HopperSessionContext;
import jakarta.servlet.http.HttpSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.aop.MethodBeforeAdvice;
import org.springframework.aop.aspectj.AspectJExpressionPointcutAdvisor;
import org.springframework.aop.support.AopUtils;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.http.codec.autoconfigure.CodecsAutoConfiguration;
import org.springframework.boot.reactor.netty.autoconfigure.NettyReactiveWebServerAutoConfiguration;
import org.springframework.boot.tomcat.autoconfigure.servlet.TomcatServletWebServerAutoConfiguration;
import org.springframework.boot.webflux.autoconfigure.HttpHandlerAutoConfiguration;
import org.springframework.boot.webflux.autoconfigure.WebFluxAutoConfiguration;
import org.springframework.boot.webflux.autoconfigure.WebSessionIdResolverAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.DispatcherServletAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.WebMvcAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.server.WebSession;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that a session is kept between the requests of a customer, in servlet and
 * reactive applications.
 */
class SessionsOfCustomersTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(60);

	@ParameterizedTest
	@EnumSource(value = WebApplicationType.class, names = { "SERVLET", "REACTIVE" })
	void everyRequestHasAContextOfItsOwn(WebApplicationType type) {
		try (ConfigurableApplicationContext application = run(type)) {
			ResponseEntity<String> first = get(application, "/learn?id=session-1", null);
			assertThat(first.getBody()).isEqualTo("session-1");
			assertThat(first.getHeaders().headerNames()).noneMatch("set-cookie"::equalsIgnoreCase);
			assertThat(get(application, "/session", null).getBody()).isEqualTo("none");
		}
	}

	@ParameterizedTest
	@EnumSource(value = WebApplicationType.class, names = { "SERVLET", "REACTIVE" })
	void sessionIsKeptForTheCustomerAndForNobodyElse(WebApplicationType type) {
		try (ConfigurableApplicationContext application = run(type, "--hopper.session.store=http-session")) {
			for (String learn : learning(type)) {
				ResponseEntity<String> first = get(application, learn + "?id=session-1", null);
				assertThat(first.getBody()).as(learn).isEqualTo("session-1");
				String cookie = cookie(first);
				assertThat(get(application, "/session", cookie).getBody()).as(learn)
					.isEqualTo("session-1 HTTP_SESSION [offer-1] []");
				assertThat(get(application, "/session", null).getBody()).isEqualTo("none");
				String other = cookie(get(application, learn + "?id=session-2", null));
				assertThat(get(application, "/session", other).getBody()).startsWith("session-2 ");
				assertThat(get(application, learn + "?id=session-3", cookie).getBody()).isEqualTo("session-3");
				assertThat(get(application, "/session", cookie).getBody()).startsWith("session-3 ");
			}
		}
	}

	@ParameterizedTest
	@EnumSource(value = WebApplicationType.class, names = { "SERVLET", "REACTIVE" })
	void noHttpSessionBeginsWithoutAHopperSession(WebApplicationType type) {
		try (ConfigurableApplicationContext application = run(type, "--hopper.session.store=http-session")) {
			assertThat(get(application, "/session", null).getHeaders().headerNames())
				.noneMatch("set-cookie"::equalsIgnoreCase);
		}
	}

	@ParameterizedTest
	@EnumSource(value = WebApplicationType.class, names = { "SERVLET", "REACTIVE" })
	void httpSessionThatEndsDuringARequestIsNotFollowedByAnother(WebApplicationType type) {
		try (ConfigurableApplicationContext application = run(type, "--hopper.session.store=http-session")) {
			String cookie = cookie(get(application, "/learn?id=session-1", null));
			ResponseEntity<String> last = get(application, "/leave?id=session-2", cookie);
			assertThat(last.getBody()).isEqualTo("session-2");
			assertThat(last.getHeaders().getOrDefault("Set-Cookie", List.of()))
				.allMatch((set) -> set.contains("Max-Age=0"));
			assertThat(get(application, "/session", cookie).getBody()).isEqualTo("none");
		}
	}

	@ParameterizedTest
	@EnumSource(value = WebApplicationType.class, names = { "SERVLET", "REACTIVE" })
	void nothingThatAClientSendsIsTakenForASession(WebApplicationType type) {
		try (ConfigurableApplicationContext application = run(type, "--hopper.session.store=http-session")) {
			String body = WebClient.create("http://localhost:" + port(application))
				.get()
				.uri("/session?HC-Session-ID=guessed&hopper.session=guessed")
				.header("HC-Session-ID", "guessed")
				.header("HTS-Session-ID", "guessed")
				.header("baggage", KeptSession.ATTRIBUTE + "=guessed")
				.cookie(KeptSession.ATTRIBUTE, "guessed")
				.retrieve()
				.bodyToMono(String.class)
				.block(TIMEOUT);
			assertThat(body).isEqualTo("none");
		}
	}

	@ParameterizedTest
	@EnumSource(value = WebApplicationType.class, names = { "SERVLET", "REACTIVE" })
	void filterCanBeAdvised(WebApplicationType type) {
		try (ConfigurableApplicationContext application = run(type, "--hopper.session.store=http-session",
				"--spring.main.sources=" + Advice.class.getName())) {
			assertThat(AopUtils.isAopProxy(application.getBean("hopperSessionFilter"))).isTrue();
			String cookie = cookie(get(application, "/learn?id=session-1", null));
			assertThat(get(application, "/session", cookie).getBody()).startsWith("session-1 ");
		}
	}

	@Test
	void whatCannotBeReadIsLeftOut() {
		HopperSessionContext context = HopperSessionContext.create();
		KeptSession.restore("text", context);
		KeptSession.restore(
				Map.of("id", "a\nb", "cfar-offer-ids", List.of("offer-1", 2, " "), "dg-offer-ids", "offer-2"), context);
		assertThat(KeptSession.of(context)).isEqualTo(Map.of("cfar-offer-ids", List.of("offer-1")));
	}

	private static List<String> learning(WebApplicationType type) {
		return (type == WebApplicationType.SERVLET) ? List.of("/learn", "/later") : List.of("/learn");
	}

	private static ConfigurableApplicationContext run(WebApplicationType type, String... arguments) {
		SpringApplication application = new SpringApplication(
				(type == WebApplicationType.SERVLET) ? ServletApplication.class : ReactiveApplication.class);
		application.setWebApplicationType(type);
		// Reactor Netty 1.3.7 now and then leaves a request lying that arrives on a kept
		// connection while the answer to the one before, written by another thread, ends
		application.setDefaultProperties(
				Map.of("server.port", 0, "server.netty.max-keep-alive-requests", 1, "hopper.auth.token", "token"));
		return application.run(arguments);
	}

	private static String port(ConfigurableApplicationContext application) {
		return application.getEnvironment().getProperty("local.server.port");
	}

	private static ResponseEntity<String> get(ConfigurableApplicationContext application, String path, String cookie) {
		return WebClient.create("http://localhost:" + port(application)).get().uri(path).headers((headers) -> {
			if (cookie != null) {
				headers.set("Cookie", cookie);
			}
		}).retrieve().toEntity(String.class).block(TIMEOUT);
	}

	private static String cookie(ResponseEntity<String> response) {
		String cookie = response.getHeaders().getFirst("Set-Cookie");
		assertThat(cookie).isNotNull();
		return cookie.substring(0, cookie.indexOf(';'));
	}

	private static String describe(HopperSessionContext context) {
		return (context.sessionId() != null) ? context.sessionId() + " " + context.origin() + " "
				+ context.cfarOfferIds() + " " + context.dgOfferIds() : "none";
	}

	private static String learn(HopperSessionContext context, String id) {
		context.setSessionId(id);
		context.addCfarOfferIds(List.of("offer-1"));
		return id;
	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration(AopAutoConfiguration.class)
	static class Advice {

		@Bean
		AspectJExpressionPointcutAdvisor advisor() {
			AspectJExpressionPointcutAdvisor advisor = new AspectJExpressionPointcutAdvisor();
			advisor.setExpression("bean(hopperSessionFilter)");
			advisor.setAdvice((MethodBeforeAdvice) (method, arguments, target) -> {
			});
			return advisor;
		}

	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ TomcatServletWebServerAutoConfiguration.class, DispatcherServletAutoConfiguration.class,
			WebMvcAutoConfiguration.class, HopperSessionAutoConfiguration.class })
	@RestController
	static class ServletApplication {

		@GetMapping("/learn")
		String learn(@RequestParam String id) {
			return SessionsOfCustomersTests.learn(HopperSessionContext.current(), id);
		}

		@GetMapping("/later")
		Callable<String> later(@RequestParam String id) {
			HopperSessionContext context = HopperSessionContext.current();
			return () -> SessionsOfCustomersTests.learn(context, id);
		}

		@GetMapping("/leave")
		String leave(@RequestParam String id, HttpSession session) {
			session.invalidate();
			return SessionsOfCustomersTests.learn(HopperSessionContext.current(), id);
		}

		@GetMapping("/session")
		String session() {
			return describe(HopperSessionContext.current());
		}

	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ NettyReactiveWebServerAutoConfiguration.class, HttpHandlerAutoConfiguration.class,
			WebFluxAutoConfiguration.class, CodecsAutoConfiguration.class, WebSessionIdResolverAutoConfiguration.class,
			HopperSessionAutoConfiguration.class })
	@RestController
	static class ReactiveApplication {

		@GetMapping("/learn")
		Mono<String> learn(@RequestParam String id) {
			return HopperSessionContext.currentReactively()
				.publishOn(Schedulers.parallel())
				.map((context) -> SessionsOfCustomersTests.learn(context, id));
		}

		@GetMapping("/leave")
		Mono<String> leave(@RequestParam String id, WebSession session) {
			return session.invalidate()
				.then(HopperSessionContext.currentReactively())
				.map((context) -> SessionsOfCustomersTests.learn(context, id));
		}

		@GetMapping("/session")
		Mono<String> session() {
			return HopperSessionContext.currentReactively().map(SessionsOfCustomersTests::describe);
		}

	}

}
