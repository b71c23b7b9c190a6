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
package com.hopper.hts.events.test;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import com.hopper.hts.events.session.HopperSessionContext;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Runs a test, and what is done before and after it, in a {@link HopperSessionContext} of
 * its own. Requests with {@code MockMvc} have that context too. An annotation at a method
 * replaces the one at its class, and one at a nested class that of the class around it.
 *
 * <pre class="code">
 * &#064;Test
 * &#064;WithHopperSession("session-1")
 * void confirmsTheBooking() {
 * 	this.service.confirm("contract-1");
 * 	assertThat(this.published).contains(BookingConfirmed.class).forSession("session-1").once();
 * }
 * </pre>
 *
 * @since 0.1.0
 */
@Target({ ElementType.TYPE, ElementType.METHOD })
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@ExtendWith(WithHopperSessionExtension.class)
public @interface WithHopperSession {

	/**
	 * Id of the session.
	 * @return the session id, empty for a context whose session is not known
	 */
	String value() default "";

	/**
	 * Ids of the CFAR offers that were shown.
	 * @return the ids
	 */
	String[] cfarOfferIds() default {};

	/**
	 * Ids of the DG offers that were shown.
	 * @return the ids
	 */
	String[] dgOfferIds() default {};

}
